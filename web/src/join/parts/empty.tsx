/** When there is nothing to join: what an operator does about it. */
export function NothingToJoin() {
  return (
    <section class="notice">
      <h2>Nothing to join yet</h2>
      <p>
        No run that takes drawings or text is open on this server. This page looks again by itself, and shows
        a run as soon as there is one.
      </p>
      <p class="note">
        Operators start one on the <a href="/#/new">dashboard</a>, or with
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre class="command" tabIndex={0}>
        npx tessera runs start --data digits --model mlp \{'\n'}
        {'    '}--cohort 2 --over-selection 1 --rounds 50
      </pre>
    </section>
  );
}
