/** Cuts what a client sends into whole HTTP/1.1 requests, by the length that each says it has. */

const HEAD_END = Buffer.from('\r\n\r\n');

/** Takes chunks as they come, gives back the requests that are whole by then: header and body. */
export function createRequestSplitter(): (chunk: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const whole: Buffer[] = [];
    for (;;) {
      const head = rest.indexOf(HEAD_END);
      if (head < 0) return whole;
      const length = /^content-length: *(\d+)/im.exec(rest.toString('latin1', 0, head))?.[1];
      const end = head + HEAD_END.length + Number(length ?? 0);
      if (rest.length < end) return whole;
      whole.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
