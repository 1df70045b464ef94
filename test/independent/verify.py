#!/usr/bin/env python3
"""A second verifier of the ledger's audit, written from the formats alone: Python 3 and its standard library.

    verify.py export <file> --key <vkey> [--witness <vkey>]…
        an export of `ledgerctl audit export`: every event, every root, every signature
    verify.py evidence <file> --key <vkey> [--witness <vkey>]…
        the evidence of one contract (docs/how-to/evidence.md)
    verify.py proof <file> --leaf <file> --key <vkey>
        a C2SP tlog-proof of a leaf (the bytes of the leaf file, without a line end)
    verify.py consistency <file>
        an answer of GET /v1/audit/proofs/consistency
    verify.py cases <file> --key <vkey>
        a list of {"proof", "leaf"} and such answers; says of each whether it holds

Prints one JSON object. Exit code: 0 it holds, 1 it does not, 2 the call is wrong.
"""
import argparse
import base64
import hashlib
import hmac
import json
import sys


class Bad(Exception):
    """Something does not hold; the message says what."""


# ------------------------------------------------------------------------------------------- Ed25519 (RFC 8032)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * I % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


GY = 4 * pow(5, P - 2, P) % P
GX = recover_x(GY, 0)
G = (GX, GY, 1, GX * GY % P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = multiply(s, G), add(r, multiply(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ------------------------------------------------------------------------------ notes and checkpoints (C2SP)


def b64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Bad(f"not base64: {text[:40]}") from error
    if base64.b64encode(data).decode() != text:
        raise Bad(f"not base64 in its one way of writing: {text[:40]}")
    return data


class Key:
    """`<name>+<id>+<base64(kind ‖ public key)>`; kind 1 signs, kind 4 cosigns."""

    def __init__(self, vkey):
        name, key_id, encoded = vkey.strip().split("+", 2)
        data = b64(encoded)
        self.name, self.kind, self.public = name, data[0], data[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if self.id.hex() != key_id or self.kind not in (1, 4) or len(self.public) != 32:
            raise Bad(f"{vkey} is not a key")

    def signed(self, text, signature):
        """The time of a cosignature, or True; None where the signature is not good."""
        if self.kind == 1:
            return True if ed25519_verify(self.public, text.encode(), signature) else None
        time = int.from_bytes(signature[:8], "big")
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        return time if len(signature) == 72 and ed25519_verify(self.public, message, signature[8:]) else None


class Checkpoint:
    """A note of origin, size and root, signed by a key under its origin."""

    def __init__(self, note, keys):
        text, separator, lines = note.rpartition("\n\n")
        if not separator or not lines.endswith("\n"):
            raise Bad("a checkpoint is a text, an empty line, and signatures")
        text += "\n"
        parts = text.split("\n")
        if len(parts) != 4 or parts[3] != "" or not parts[1].isdecimal() or str(int(parts[1])) != parts[1]:
            raise Bad("a checkpoint is three lines")
        self.origin, self.size, self.root = parts[0], int(parts[1]), b64(parts[2])
        self.signers, self.witnesses = [], {}
        for line in lines.splitlines():
            dash, name, encoded = line.split(" ")
            data = b64(encoded)
            if dash != "\u2014":
                raise Bad("a line of a signature begins with a dash")
            for key in keys:
                if key.name != name or key.id != data[:4]:
                    continue
                signed = key.signed(text, data[4:])
                if signed is None:
                    raise Bad(f"the signature of {name} on {self.size} is not good")
                if key.kind == 4:
                    self.witnesses[name] = signed
                elif name == self.origin:
                    self.signers.append(key)


# ------------------------------------------------------------------------------------ Merkle trees (RFC 6962)


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(peaks):
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks[-1][1]
    for _, peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def grow(peaks, leaf):
    """Adds a leaf to the roots of the complete subtrees, the largest first, each with its number of leaves."""
    size, top = 1, leaf
    while peaks and peaks[-1][0] == size:
        top = node_hash(peaks.pop()[1], top)
        size *= 2
    peaks.append((size, top))


def inclusion_root(leaf, index, size, proof):
    """The root that a proof leads to, by the definition of the path (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise Bad(f"leaf {index} is not among {size}")
    if size == 1:
        if proof:
            raise Bad("the proof is too long")
        return leaf
    if not proof:
        raise Bad("the proof is too short")
    k = 1
    while k * 2 < size:
        k *= 2
    if index < k:
        return node_hash(inclusion_root(leaf, index, k, proof[:-1]), proof[-1])
    return node_hash(proof[-1], inclusion_root(leaf, index - k, size - k, proof[:-1]))


def consistency_roots(old, size, proof, old_root, known=True):
    """The two roots that a proof leads to, by its definition (RFC 6962 2.1.2)."""
    if old == size:
        if known:
            if proof:
                raise Bad("the proof is too long")
            return old_root, old_root
        if len(proof) != 1:
            raise Bad("the proof is of another length")
        return proof[0], proof[0]
    if not proof:
        raise Bad("the proof is too short")
    k = 1
    while k * 2 < size:
        k *= 2
    if old <= k:
        was, is_ = consistency_roots(old, k, proof[:-1], old_root, known)
        return was, node_hash(is_, proof[-1])
    was, is_ = consistency_roots(old - k, size - k, proof[:-1], old_root, False)
    return node_hash(proof[-1], was), node_hash(proof[-1], is_)


# ---------------------------------------------------------------------------------------------------- exports


def pairs_once(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise Bad("a member is given twice")
    return dict(pairs)


def canonical(value):
    """RFC 8785, for what an event holds; names in order of UTF-16."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(k)}:{canonical(v)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        text = repr(value)
        return text if "e" not in text else text.replace("e-0", "e-")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def verify_export(path, keys, witnesses):
    findings, streams, peaks, roots, notes = [], {}, [], {}, []
    events, origin, ended, wanted = 0, None, False, set()
    with open(path, "rb") as file:
        for line in file:
            if line.startswith(b'{"checkpoint"'):
                notes.append(json.loads(line)["checkpoint"])
                wanted.add(int(notes[-1].split("\n")[1]))
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n") or ended:
                raise Bad(f"line {number}: the export is not whole")
            line = line[:-1]
            if origin is None:
                header = json.loads(line)
                if header.get("format") != "contract-ledger-audit-export" or header.get("version") != 1:
                    raise Bad("it is no export of version 1")
                origin, dense = header["origin"], header["dense"]
                if 0 in wanted:
                    roots[0] = root_of(peaks)
            elif line.startswith(b'{"data":'):
                event = json.loads(line, object_pairs_hook=pairs_once)
                if sorted(event) != ["data", "id", "metadata", "position", "revision", "stream", "type"]:
                    findings.append(f"line {number}: not the members of an event")
                if canonical(event).encode() != line:
                    findings.append(f"line {number}: not canonical JSON")
                if dense and event["position"] != str(events + 1):
                    findings.append(f"position {event['position']}: {events + 1} was to come next")
                following = streams.get(event["stream"], -1) + 1
                if event["revision"] != following:
                    findings.append(f"position {event['position']}: revision {following} of {event['stream']} was to come next")
                streams[event["stream"]] = event["revision"]
                if events == 0 and f"contract-ledger/{event['data'].get('ledgerId')}" != origin:
                    findings.append("the first event founds another ledger")
                grow(peaks, leaf_hash(line))
                events += 1
                if events in wanted:
                    roots[events] = root_of(peaks)
            elif line.startswith(b'{"end":'):
                ended = True
                if json.loads(line)["end"]["events"] != events:
                    raise Bad("it has not as many events as it says")
    if not ended:
        raise Bad("it was cut off")
    held, unknown, seen = 0, 0, {}
    for note in notes:
        checkpoint = Checkpoint(note, keys + witnesses)
        if checkpoint.origin != origin:
            findings.append(f"a checkpoint of {checkpoint.origin}")
        elif not checkpoint.signers:
            unknown += 1
        elif roots.get(checkpoint.size) != checkpoint.root:
            findings.append(f"the first {checkpoint.size} events do not have the root that was signed")
        else:
            held = max(held, checkpoint.size)
            for name in checkpoint.witnesses:
                seen[name] = max(seen.get(name, 0), checkpoint.size)
    if held == 0:
        findings.append("no checkpoint is signed by a key that was given")
    findings.extend(f"{w.name} cosigned nothing" for w in witnesses if w.name not in seen)
    return {
        "ok": not findings,
        "events": events,
        "streams": len(streams),
        "root": base64.b64encode(root_of(peaks)).decode(),
        "signed": held,
        "unknown": unknown,
        "witnessed": seen,
        "findings": findings[:100],
    }


# --------------------------------------------------------------------------------- evidence of one contract


def commitments(value):
    """Every {ref, commitment} inside a value."""
    if isinstance(value, dict):
        if isinstance(value.get("ref"), str) and isinstance(value.get("commitment"), str):
            yield value["ref"], value["commitment"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from commitments(inner)


def naming(value, key=""):
    """Every id of a contract or a unit inside a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from naming(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from naming(inner, key)
    elif key in ("contractId", "contractIds", "managementUnitId") and isinstance(value, str):
        yield value


def place(position):
    return [int(part) for part in position.lstrip("C").split("P")]


def verify_evidence(data, keys, witnesses):
    findings = []
    pack = json.loads(data.decode("utf-8"), object_pairs_hook=pairs_once)
    if pack["format"] != "contract-ledger-evidence/1":
        raise Bad("it is no evidence of format 1")
    if canonical(pack).encode() != data:
        findings.append("it is not canonical JSON")
    digest = hashlib.sha256(canonical({k: v for k, v in pack.items() if k != "digest"}).encode()).hexdigest()
    if digest != pack["digest"]:
        findings.append("it does not have the digest that it says")

    checkpoint, note = None, pack["checkpoint"]
    if note is not None:
        named = [Key(k) for k in pack["keys"]["log"] + pack["keys"]["witnesses"]]
        checkpoint = Checkpoint(note, (keys or named) + witnesses)
        if checkpoint.origin != pack["origin"] or pack["origin"] != f"contract-ledger/{pack['ledgerId']}":
            findings.append(f"the checkpoint is of {checkpoint.origin}")
        if not checkpoint.signers:
            findings.append("no known key signed the checkpoint")
            checkpoint = None
    elif keys:
        findings.append("it is unsigned")
    for witness in witnesses:
        if checkpoint is None or witness.name not in checkpoint.witnesses:
            findings.append(f"{witness.name} did not cosign")

    def proved(row, name):
        if row["proof"] is None or checkpoint is None:
            return 0
        head, _, proof_note = row["proof"].partition("\n\n")
        lines = head.split("\n")
        if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index ") or proof_note != note:
            findings.append(f"{name}: its proof is not in this checkpoint")
            return 0
        leaf = leaf_hash(canonical(row["event"]).encode())
        try:
            root = inclusion_root(leaf, int(lines[1][6:]), checkpoint.size, [b64(line) for line in lines[2:]])
        except Bad as error:
            findings.append(f"{name}: {error}")
            return 0
        if root != checkpoint.root:
            findings.append(f"{name}: it is not as it was signed")
            return 0
        return 1

    count, units, before = 0, set(), None
    first = pack["events"][0]["event"]
    if first["type"] != "Contracted" or first["data"]["contractId"] != pack["contractId"]:
        findings.append("it does not begin with the contract")
    for revision, row in enumerate(pack["events"]):
        event = row["event"]
        name = f"revision {event['revision']} ({event['type']})"
        if event["revision"] != revision:
            findings.append(f"{name}: revision {revision} was to come next")
        if event["stream"] != f"contract-{pack['contractId']}":
            findings.append(f"{name}: it is of {event['stream']}")
        if before is not None and place(event["position"]) <= before:
            findings.append(f"{name}: its position does not come after the one before")
        before = place(event["position"])
        if event["type"] == "Contracted":
            units.add(event["data"]["managementUnitId"])
        count += proved(row, name)
    for row in pack["related"]:
        event = row["event"]
        name = f"{event['stream']} revision {event['revision']} ({event['type']})"
        opens = event["type"] == "ManagementUnitOpened" and event["data"]["managementUnitId"] in units
        if not opens and event["data"].get("contractId") != pack["contractId"]:
            findings.append(f"{name}: it does not concern this contract")
        if not set(naming([event["data"], event["metadata"]])) <= units | {pack["contractId"]}:
            findings.append(f"{name}: it names another contract or unit")
        count += proved(row, name)

    texts = None if pack["texts"] is None else {t["ref"]: t for t in pack["texts"]}
    if texts is not None:
        if len(texts) != len(pack["texts"]):
            findings.append("a text stands there twice")
        referred = {ref for ref, _ in commitments([row["event"] for row in pack["events"] + pack["related"]])}
        findings.extend(f"no event refers to text {ref}" for ref in texts if ref not in referred)
        for ref, committed in commitments([row["event"] for row in pack["events"] + pack["related"]]):
            text = texts.get(ref)
            if text is None:
                findings.append(f"text {ref} is not there")
            elif text["text"] is None:
                if text["erasedAt"] is None or text["salt"] is not None:
                    findings.append(f"text {ref} is neither there nor erased")
            elif hmac.new(bytes.fromhex(text["salt"]), text["text"].encode(), hashlib.sha256).hexdigest() != committed:
                findings.append(f"text {ref} is not the one that was committed to")
    return {
        "ok": not findings,
        "contractId": pack["contractId"],
        "events": len(pack["events"]),
        "related": len(pack["related"]),
        "proved": count,
        "size": checkpoint.size if checkpoint else None,
        "witnessed": sorted(checkpoint.witnesses) if checkpoint else [],
        "findings": findings[:100],
    }


def verify_proof(text, leaf, keys):
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise Bad("it is no tlog-proof")
    checkpoint = Checkpoint(note, keys)
    if not checkpoint.signers:
        raise Bad("no known key signed the checkpoint")
    index = int(lines[1][6:])
    root = inclusion_root(leaf_hash(leaf), index, checkpoint.size, [b64(line) for line in lines[2:]])
    if root != checkpoint.root:
        raise Bad("the proof does not lead to the root that was signed")
    return {"ok": True, "index": index, "size": checkpoint.size}


def verify_consistency(answer):
    proof, old_root = [b64(line) for line in answer["proof"]], b64(answer["fromRoot"])
    if answer["from"] == 0:
        return {"ok": not proof}
    was, is_ = consistency_roots(answer["from"], answer["to"], proof, old_root)
    if was != old_root or is_ != b64(answer["toRoot"]):
        raise Bad("the later log does not begin with the earlier one")
    return {"ok": True, "from": answer["from"], "to": answer["to"]}


def verify_case(case, keys):
    try:
        return bool((verify_proof(case["proof"], case["leaf"].encode(), keys) if "leaf" in case else verify_consistency(case))["ok"])
    except (Bad, ValueError, KeyError, TypeError):
        return False


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["export", "evidence", "proof", "consistency", "cases"])
    parser.add_argument("file")
    parser.add_argument("--leaf")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--witness", action="append", default=[])
    asked = parser.parse_args()
    try:
        keys, witnesses = [Key(k) for k in asked.key], [Key(k) for k in asked.witness]
        if asked.what == "export":
            said = verify_export(asked.file, keys, witnesses)
        elif asked.what == "evidence":
            said = verify_evidence(bytes_of(asked.file), keys, witnesses)
        elif asked.what == "proof":
            said = verify_proof(text_of(asked.file), bytes_of(asked.leaf), keys)
        elif asked.what == "consistency":
            said = verify_consistency(json.loads(text_of(asked.file)))
        else:
            holds = [verify_case(case, keys) for case in json.loads(text_of(asked.file))]
            said = {"ok": all(holds), "holds": holds}
    except (Bad, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        said = {"ok": False, "findings": [str(error)]}
    print(json.dumps(said, ensure_ascii=False))
    return 0 if said["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
