# Starts nothing: scenarios that scenarios-uamqp.py plays on uamqp's connection, sessions, senders and receivers, each with what must have come of it.
# Port: none.   Stop: with the script that imports it.
import logging  # noqa: F401 (uamqp 1.6.11 wants it loaded before itself)
import os
import time
import uuid
from datetime import datetime, timezone

import uamqp
from uamqp import Connection, MessageReceiver, MessageSender, Session, address, authentication, c_uamqp, constants, types

FIRST, SECOND = constants.ReceiverSettleMode.ReceiveAndDelete, constants.ReceiverSettleMode.PeekLock
SETTLED, UNSETTLED = constants.SenderSettleMode.Settled, constants.SenderSettleMode.Unsettled
DATA, VALUE, SEQUENCE = constants.MessageBodyType.Data, constants.MessageBodyType.Value, constants.MessageBodyType.Sequence
LARGEST = 11 << 20


class Wire:
    """one connection, and what is open on it"""

    def __init__(self, parts, form, scenario):
        self.parts, self.form, self.host, self.kept, more = parts, form, parts.hostname, [], {}  # what is collected before it is closed takes the rest along
        where = {"port": parts.port, "verify": os.environ["PEER_CA"]}
        login = authentication.SASLPlain(parts.hostname, parts.username, parts.password, **where) if parts.username else authentication.SASLAnonymous(parts.hostname, **where)
        if scenario.startswith("sizes-") and scenario != "sizes-default":
            more["max_frame_size"] = int(scenario[len("sizes-"):])
        if scenario == "open-fields":
            more.update(channel_max=7, properties={types.AMQPSymbol("name"): "uamqp-client"})
        self.connection = Connection(parts.hostname, login, container_id="uamqp-client", **more)

    def until(self, there, what, seconds=5):
        end = time.time() + seconds
        while not there():
            if time.time() > end:
                raise SystemExit("failed: no %s in %d s" % (what, seconds))
            self.connection.work()

    def rest(self, seconds=0.3):
        """long enough for what should not come, and for dispositions to go out"""
        end = time.time() + seconds
        while time.time() < end:
            self.connection.work()

    def session(self, **more):
        self.kept.append(Session(self.connection, incoming_window=2 ** 16, outgoing_window=2 ** 16, **more))
        return self.kept[-1]

    def terminus(self, kind, name):
        """uamqp would send the whole URL as the address; this sends the bare name"""
        t = kind("amqps://%s/x" % self.host)
        t._address.address = c_uamqp.string_value(self.form.format(name).encode())
        return t

    def sender(self, session, node="test", mode=UNSETTLED, wait=True, **more):
        sender = MessageSender(session, b"here", self.terminus(address.Target, node), send_settle_mode=mode, receive_settle_mode=FIRST, max_message_size=LARGEST, **more)
        self.kept.append(sender)
        sender.open()
        if wait:
            self.until(lambda: sender.get_state() == constants.MessageSenderState.Open, "attach")
        return sender

    def receiver(self, session, take, credit, source=None, mode=UNSETTLED, **more):
        # it settles nothing of its own unless it asks for second: our listener answers with first
        receiver = MessageReceiver(session, source or self.terminus(address.Source, "test"), b"here", take, prefetch=credit, send_settle_mode=mode,
                                   receive_settle_mode=FIRST if mode == SETTLED else SECOND, max_message_size=LARGEST, **more)
        self.kept.append(receiver)
        receiver.open()
        self.until(lambda: receiver.get_state() == constants.MessageReceiverState.Open, "attach")
        return receiver

    def send(self, sender, message, told):
        """told is given the result, and the state that came with it"""
        self.kept.append(message)
        sender.send(message, lambda _, *result, **state: told.append((*result, state)))

    def fill(self, session, messages):
        sender, told = self.sender(session), []
        for m in messages:
            self.send(sender, m, told)
        self.until(lambda: len(told) == len(messages), "outcome of each")
        check(all(constants.MessageSendResult(result[0]) == constants.MessageSendResult.Ok for result in told), "outcomes: %r" % told)
        sender.destroy()

    def take_all(self, session, count, seconds=5):
        got = []
        receiver = self.receiver(session, accepting(got), count)
        self.until(lambda: len(got) >= count, "message of %d" % count, seconds)
        self.rest()
        receiver.destroy()
        return got


def accepting(got):
    def take(m):
        got.append(m)
        m.accept()
    return take


def check(good, otherwise):
    if not good:
        raise SystemExit("failed: " + otherwise)


def text(n):
    return uamqp.Message("message %d" % n, properties=uamqp.message.MessageProperties(message_id="id-%d" % n), application_properties={b"n": n})


def texts(count):
    return [text(n) for n in range(count)]


def body_of(m):
    body = m.get_data()
    return body if isinstance(body, (bytes, list, dict, int, float, bool, uuid.UUID, str, type(None))) else list(body)


def outcomes(w, _):
    """released and modified come again, accepted and rejected do not"""
    session, got = w.session(), []
    w.fill(session, texts(4))
    ways = [lambda m: m.accept(), lambda m: m.reject(b"amqp:decode-error", b"cannot be read"), lambda m: m.release(), lambda m: m.modify(True, False)]

    def take(m):
        n = int(bytes(m.properties.message_id).split(b"-")[1])
        first = n not in got
        got.append(n)
        ways[n](m) if first else m.accept()
    w.receiver(session, take, 8)
    w.until(lambda: len(got) >= 6, "message of 6: %r" % got)
    w.rest()
    check(sorted(got) == [0, 1, 2, 2, 3, 3], "came: %r" % got)


def sizes(w, scenario):
    """sent on a connection with frames of its own size, since uamqp cuts by its peer's, and then refuses what is longer than its own"""
    out, got, told = Wire(w.parts, w.form, "sizes-default"), [], []
    w.kept.append(out)
    sender = out.sender(out.session())
    w.receiver(w.session(), accepting(got), 2)
    for size in [0, 1, 255, 256, 511, 512, 513, 4096, 100000, 1 << 20, 10 << 20]:
        octets = (bytes(range(253)) * (size // 253 + 1))[:size]
        for kind, body, came in ((DATA, octets, [octets]), (VALUE, [bytearray(octets)], [octets]), (SEQUENCE, [[bytearray(octets)]], [[octets]])):
            told.clear()
            out.send(sender, uamqp.Message(body, body_type=kind), told)
            out.until(lambda: told, "outcome of %d octets, %s" % (size, kind), 20)
            w.until(lambda: got, "message of %d octets, %s" % (size, kind), 20)
            m = body_of(got.pop())
            check(m == came, "of %d octets, %s: not what was sent: %.60r" % (size, kind, m))


def ten_thousand(w, scenario):
    mode = SETTLED if scenario == "presettled-10000" else UNSETTLED
    session, got, told = w.session(), [], []
    sender = w.sender(session, mode=mode)
    w.receiver(session, accepting(got), 500, mode=mode)
    for start in range(0, 10000, 500):  # more would make its list of what waits long
        for n in range(start, start + 500):
            w.send(sender, text(n), told)
        w.until(lambda: len(got) >= start + 500 and len(told) >= start + 500, "message after %d, outcome after %d" % (len(got), len(told)), 20)
    for n, m in enumerate(got):
        check(m.properties.message_id == b"id-%d" % n, "%r came where %d was due" % (m.properties.message_id, n))


def credit(w, _):
    """in windows of two and of five: it gives anew what is used up"""
    credit_in(w, (2, 5))


def credit_one(w, _):
    credit_in(w, (1,))


def credit_in(w, windows):
    session = w.session()
    for window in windows:
        got = []
        w.fill(session, texts(9))
        receiver = w.receiver(session, accepting(got), window)
        w.until(lambda: len(got) == 9, "message of 9")
        w.rest()
        receiver.destroy()


def credit_large(w, _):
    session, got = w.session(), []
    w.fill(session, texts(20))
    w.receiver(session, accepting(got), 2 ** 31 - 1)
    w.until(lambda: len(got) == 20, "message of 20")
    w.rest()


def drain(w, _):
    session, got = w.session(), []
    receiver = w.receiver(session, accepting(got), 5)
    receiver.reset_link_credit(10, drain=True)
    w.rest()
    w.fill(session, texts(3))
    w.rest()
    check(not got, "%d came behind the end of the drain" % len(got))  # what it gives from here on, it counts from before the drain


def links_100(w, _):
    session, told = w.session(), []
    senders = [w.sender(session) for _ in range(100)]
    for n, sender in enumerate(senders):
        w.send(sender, text(n), told)
    w.until(lambda: len(told) == 100, "outcome of 100")
    w.take_all(session, 100)


def sessions_20(w, _):
    """begun before the connection is open: a session that comes later is never begun"""
    sessions, told = [w.session() for _ in range(20)], []
    senders = [w.sender(session, wait=False) for session in sessions]
    w.until(lambda: all(sender.get_state() == constants.MessageSenderState.Open for sender in senders), "attach of each")
    for n, sender in enumerate(senders):
        w.send(sender, text(n), told)
    w.until(lambda: len(told) == 20, "outcome of 20")
    w.take_all(sessions[0], 20)
    for sender, session in zip(senders, sessions):
        sender.destroy()
        session.destroy()


def same_name(w, _):
    """on a session each, since a session here finds its links by their names alone"""
    one, two, got, told = w.session(), w.session(), [], []
    sender = w.sender(one, name=b"same", wait=False)
    w.receiver(two, accepting(got), 2, name=b"same")
    w.send(sender, text(0), told)
    w.until(lambda: got and told, "message")


def dynamic(w, _):
    answers, got, told = [], [], []
    session = w.session(on_attach=lambda source, target, properties, error: answers.append(source))
    source = address.Source("x")
    source._address.address = c_uamqp.null_value()
    source.dynamic = True
    w.receiver(session, accepting(got), 1, source)
    w.until(lambda: answers, "attach")
    name = answers[0].address
    sender = w.sender(session, name.decode() if isinstance(name, bytes) else name)
    w.send(sender, text(0), told)
    w.until(lambda: got and told, "message from %s" % name)
    w.rest()


def selector(w, _):
    session, got = w.session(), []
    w.fill(session, [uamqp.Message("message", application_properties={b"colour": colour}) for colour in (b"red", b"green", b"red")])
    source = w.terminus(address.Source, "test")
    source.set_filter(b"colour = 'red'")
    w.receiver(session, accepting(got), 5, source)
    w.until(lambda: len(got) == 2, "message of 2")
    w.rest()
    check(len(got) == 2, "%d came, 2 are red" % len(got))


def peer_acts(w, scenario):
    session, told = w.session(), []
    sender = w.sender(session, NODES[scenario])
    for n in range(500 if scenario == "shutdown" else 3):
        w.send(sender, text(n), told)
        if scenario != "shutdown":
            w.until(lambda: len(told) > n or sender.get_state() != constants.MessageSenderState.Open, "outcome")
    w.rest()
    sender.get_state()
    print("outcomes: %s" % told)


def refused(w, scenario):
    w.sender(w.session(), NODES[scenario])
    w.rest()
    raise SystemExit("failed: attached")


def opened(w, _):
    """the connection is opened by its first link only"""
    w.fill(w.session(), texts(1))


# name: (what is sent, what comes back)
ALL = {
    "null": (None, None), "true": (True, True), "false": (False, False), "ubyte": (types.AMQPuByte(255), 255), "ushort": (types.AMQPuShort(65535), 65535), "uint0": (types.AMQPuInt(0), 0),
    "uint": (types.AMQPuInt(255), 255), "uint4": (types.AMQPuInt(2 ** 32 - 1), 2 ** 32 - 1), "ulong0": (types.AMQPuLong(0), 0), "ulong": (types.AMQPuLong(255), 255),
    "ulong8": (types.AMQPuLong(2 ** 64 - 1), 2 ** 64 - 1), "byte": (types.AMQPByte(-128), -128), "short": (types.AMQPShort(-32768), -32768), "int": (types.AMQPInt(-1), -1),
    "int4": (types.AMQPInt(-2 ** 31), -2 ** 31), "long": (types.AMQPLong(-1), -1), "long8": (types.AMQPLong(-2 ** 63), -2 ** 63), "double": (1e-300, 1e-300),
    "timestamp": (datetime.fromtimestamp(1700000000, timezone.utc), 1700000000000), "uuid": (uuid.UUID(int=5), uuid.UUID(int=5)),
    "binary": (bytearray(b"\x00\xff"), b"\x00\xff"), "binary4": (bytearray(b"b" * 300), b"b" * 300), "string": ("grüße 世界", "grüße 世界".encode()), "string4": ("s" * 300, b"s" * 300),
    "symbol": (types.AMQPSymbol("sym"), b"sym"),
}
NESTED = {
    "list": ([1, "two", [3, []]], [1, b"two", [3, []]]), "map": ({b"k": {b"k": 1}}, {b"k": {b"k": 1}}), "list-long": (list(range(300)), list(range(300))),
    "array": (types.AMQPArray([types.AMQPInt(n) for n in (1, 2, 70000)]), [1, 2, 70000]),
}


def types_body(w, _):
    """each in a list: uamqp takes None for no body at all"""
    every, session = {**ALL, **NESTED}, w.session()
    w.fill(session, [uamqp.Message([sent], body_type=VALUE) for sent, _ in every.values()])
    for (name, (_, due)), m in zip(every.items(), w.take_all(session, len(every))):
        check(body_of(m) == [due], "%s: %r, not %r" % (name, body_of(m), [due]))


def types_char(w, _):
    uamqp.Message([c_uamqp.char_value(0x1F600)], body_type=VALUE).encode_message()


def types_properties(w, _):
    session = w.session()
    w.fill(session, [uamqp.Message("types", application_properties={name.encode(): sent for name, (sent, _) in ALL.items()})])
    came = w.take_all(session, 1)[0].application_properties
    for name, (_, due) in ALL.items():
        check(came[name.encode()] == due, "%s: %r, not %r" % (name, came[name.encode()], due))


NODES = {"peer-detaches": "detach-2", "peer-ends": "end-2", "peer-closes": "close-2", "peer-rejects": "reject", "peer-releases": "release", "peer-modifies": "modify",
         "shutdown": "close-100", "unauthorized": "denied", "redirect": "redirect"}
SCENES = {"outcomes": outcomes, "sizes-512": sizes, "sizes-4096": sizes, "sizes-default": sizes, "unsettled-10000": ten_thousand, "presettled-10000": ten_thousand, "credit": credit, "credit-one": credit_one,
          "credit-large": credit_large, "drain": drain, "links-100": links_100, "sessions-20": sessions_20, "same-name": same_name, "dynamic": dynamic, "selector": selector,
          "unauthorized": refused, "redirect": refused, "types-body": types_body, "types-properties": types_properties, "types-char": types_char, "open-close": opened, "open-fields": opened, "sasl-plain": opened,
          "sasl-anonymous": opened, **{name: peer_acts for name in NODES if name.startswith("peer-") or name == "shutdown"}}


def play(parts, form, scenario):
    w = Wire(parts, form, scenario)
    SCENES[scenario](w, scenario)
    w.connection.destroy()
