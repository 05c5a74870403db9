"""A Tessera client in Python's standard library and numpy, to read beside docs/protocol.md: softmax regression.
Run: python3 client.py http://127.0.0.1:8080 data.npz client.key [invitation]  (x: examples in rows, y: classes)"""
import base64, hashlib, http.client, itertools, json, os, sys, time, urllib.request as web, numpy as np
# Ed25519 as in RFC 8032, section 5.1. Not in constant time: for keys that matter, use a library.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
BASE = 15112221349535400772501151409588531511454012693041857206046113283949847762202, 4 * pow(5, -1, P) % P
def add(a, b):
    d = -121665 * pow(121666, -1, P) * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + d, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - d, -1, P) % P
def times(n, a): return add(times(n // 2, add(a, a)), a if n % 2 else (0, 1)) if n else (0, 1)
def packed(a): return (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")
def number(*parts): return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")
def sign(text):
    r = number(key[32:], text) % L
    return (point := packed(times(r, BASE))) + ((r + number(point, public, text) * secret) % L).to_bytes(32, "little")

def base64url(data): return base64.urlsafe_b64encode(data).decode().rstrip("=")
def call(method, target, body=None, kind="application/json", ahead=0):
    """The answer to a request that is signed (RFC 9421); sent again, signed anew, where that may help."""
    for failures in itertools.count():
        fields, (path, _, query) = {"tessera-protocol": "1.0"}, target.partition("?")
        if body is not None:
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            fields |= {"repr-digest": f"sha-256=:{digest}:", "content-length": str(len(body))}
        signed = {"@method": method, "@authority": host, "@path": path, "@query": "?" + query} | fields
        params = "(" + " ".join(f'"{name}"' for name in signed) + f");created={int(time.time() + ahead)};nonce=" \
            f'"{base64url(os.urandom(16))}";keyid="{client_id}";alg="ed25519";tag="tessera"'
        base = "".join(f'"{name}": {value}\n' for name, value in signed.items()) + f'"@signature-params": {params}'
        signature = base64.b64encode(sign(base.encode())).decode()
        fields |= {"signature-input": f"tessera={params}", "signature": f"tessera=:{signature}:", "content-type": kind}
        try: return web.urlopen(web.Request(sys.argv[1] + target, body, fields, method=method), timeout=90).read()
        except web.HTTPError as error:
            wait, problem = error.headers.get("retry-after"), json.load(error) if error.code < 500 else {}
            if "serverTime" in problem: ahead = problem["serverTime"] / 1000 - time.time()
            elif error.code < 500 and not wait: raise PermissionError(problem["detail"])
        except (OSError, http.client.HTTPException): wait = None
        time.sleep(float(wait or min(60, 0.2 * 2**min(failures, 9)) * np.random.uniform(0.5, 1)))
def ask(target, **message): return json.loads(call("POST", target, json.dumps(message).encode()))

def train(file, reports, amount, batchSize, learningRate, weightDecay=0):
    """The report on a model, both safetensors, after gradient descent on the mean cross-entropy of each batch."""
    start = 8 + int.from_bytes(file[:8], "little")
    header, values = json.loads(file[8:start]), np.frombuffer(file[start:], "<f4").astype(float)
    places = [slice(*np.array(header[name]["data_offsets"]) // 4) for name in ("dense1.weight", "dense1.bias")]
    before, weight, bias = values.copy(), values[places[0]].reshape(x.shape[1], -1), values[places[1]]  # views
    size, losses = len(x) if batchSize == "full" else min(batchSize, len(x)), []
    epochs = range(amount.get("epochs") or -(-amount["steps"] * size // len(x)))
    batches = [rows for _ in epochs for rows in np.split(np.random.permutation(len(x)), range(size, len(x), size))]
    for rows in batches[:amount.get("steps")]:
        logs = x[rows] @ weight + bias
        logs -= np.logaddexp.reduce(logs, axis=1, keepdims=True)
        losses.append(-logs[range(len(rows)), y[rows]].mean())
        error = (np.exp(logs) - (y[rows, None] == range(len(bias)))) / len(rows)
        weight -= learningRate * (x[rows].T @ error + weightDecay * weight)
        bias -= learningRate * (error.sum(0) + weightDecay * bias)
    header["__metadata__"] = {"exampleCount": str(len(x)), "steps": str(len(losses)), "loss": str(np.mean(losses))}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + (values - before * (reports == "update")).astype("<f4").tobytes()

host, x, y = sys.argv[1].split("/")[2].lower(), *(np.load(sys.argv[2])[name] for name in "xy")
if not os.path.exists(sys.argv[3]): os.write(os.open(sys.argv[3], os.O_CREAT | os.O_WRONLY, 0o600), os.urandom(32))
key = hashlib.sha512(open(sys.argv[3], "rb").read()).digest()
secret = int.from_bytes(key[:32], "little") & 2**254 - 8 | 2**254
public = packed(times(secret, BASE))
client_id = base64url(hashlib.sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % base64url(public).encode()).digest())
enrolment = dict(zip(("publicKey", "invitation"), (base64url(public), *sys.argv[4:])))
while ask("/v1/clients", **enrolment)["status"] == "pending": time.sleep(10)
while answer := ask("/v1/check-in", encodings=["float32"], exampleCount=len(x)):
    until = time.time() + answer.get("retryAfterMs", 0) / 1000
    while time.time() < until and b'"wake"' not in call("GET", "/v1/wake?wait=25"): pass
    if answer["type"] == "wait": continue
    task, sha256 = answer["task"], answer["task"]["params"]["sha256"]
    report = f"/v1/runs/{task['runId']}/rounds/{task['round']}/%s/{client_id}"
    try:
        file = call("GET", "/v1/blobs/" + sha256)
        if hashlib.sha256(file).hexdigest() != sha256: raise ValueError("the model has another hash")
        update = train(file, task["definition"]["reports"], **{name: of for name, of in task["work"].items() if of})
        print(call("PUT", report % "updates", update, "application/vnd.safetensors").decode(), end="", flush=True)
    except PermissionError as refusal: print(refusal)
    except (KeyError, TypeError, ValueError) as fault: ask(report % "failures", reason=repr(fault))
