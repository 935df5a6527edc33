# Starts nothing: scenarios that scenarios-pyamqp.py plays on the connection, sessions and links under Azure's clients, which have one link each.
# Port: none.   Stop: with the script that imports it.
import os
import ssl
import time
import uuid
from decimal import Decimal

from azure.servicebus._pyamqp._connection import Connection
from azure.servicebus._pyamqp.constants import LinkState, ReceiverSettleMode, SenderSettleMode, SessionState
from azure.servicebus._pyamqp.endpoints import Source, Target
from azure.servicebus._pyamqp.message import Header, Message, Properties
from azure.servicebus._pyamqp.outcomes import Accepted
from azure.servicebus._pyamqp.sasl import SASLAnonymousCredential, SASLExternalCredential, SASLPlainCredential

WINDOW = 1 << 16  # of a session, in transfers, as its clients have it; that of what goes out is never renewed


class Wire:
    """one connection, and what is open on it"""

    def __init__(self, parts, form, scenario):
        more, self.form = {}, form
        if scenario.startswith("sizes-") and scenario != "sizes-default":
            more["max_frame_size"] = int(scenario[len("sizes-"):])
        if scenario == "open-fields":
            more.update(properties={b"name": "pyamqp-client"}, channel_max=7, desired_capabilities=[b"ANONYMOUS-RELAY"], offered_capabilities=[b"one", b"two"])
        address = "%s:%d" % (parts.hostname, parts.port)
        if parts.scheme == "amqps":
            context = ssl.create_default_context(cafile=os.environ["PEER_CA"])
            if "PEER_CERT" in os.environ:
                context.load_cert_chain(os.environ["PEER_CERT"], os.environ["PEER_KEY"])
            more.update(ssl_opts={"context": context}, custom_endpoint_address="amqps://" + address)
        else:
            more["use_tls"] = False
        if scenario == "sasl-external":
            more["sasl_credential"] = SASLExternalCredential()
        elif scenario != "sasl-none":
            more["sasl_credential"] = SASLPlainCredential(parts.username, parts.password) if parts.username else SASLAnonymousCredential()
        self.connection = Connection("%s://%s" % (parts.scheme, address), container_id="pyamqp-client", socket_timeout=0.05, **more)
        self.connection.open(wait=True)

    def until(self, there, what, seconds=5):
        end = time.time() + seconds
        while not there():
            if time.time() > end:
                raise SystemExit("failed: no %s in %d s" % (what, seconds))
            self.connection.listen(batch=20)

    def session(self):
        session = self.connection.create_session(incoming_window=WINDOW, outgoing_window=WINDOW)
        session.begin()
        self.until(lambda: session.state == SessionState.MAPPED, "begin")
        return session

    def node(self, name):
        return self.form.format(name)

    def attached(self, link):
        link.attach()
        self.until(lambda: link.get_state() == LinkState.ATTACHED, "attach")
        return link

    def sender(self, session, address="test", mode=SenderSettleMode.Unsettled, **more):
        # without credit of its own making; it sends by that, if it is given more than the peer gives
        return self.attached(session.create_sender_link(Target(address=self.node(address)), link_credit=0, send_settle_mode=mode, **more))

    def receiver(self, session, got, credit, source=None, mode=SenderSettleMode.Unsettled, **more):
        def take(frame, message):
            got.append(message)
            return None if frame[4] else Accepted()
        return self.attached(session.create_receiver_link(source or Source(address=self.node("test")), link_credit=credit, on_transfer=take,
                                                          send_settle_mode=mode, rcv_settle_mode=ReceiverSettleMode.First, **more))

    def send(self, link, message, told):
        """by the peer's credit and window; told is given each outcome"""
        self.until(lambda: link.get_state() != LinkState.ATTACHED or link.current_link_credit > 0 and link._session.remote_incoming_window > 0, "credit")
        link.send_transfer(message, on_send_complete=lambda reason, state: told.append(state))

    def fill(self, session, count, make=None):
        link, told = self.sender(session), []
        for n in range(count):
            self.send(link, (make or text)(n), told)
        self.until(lambda: len(told) == count, "outcome of each")
        link.detach(close=True)


def text(n):
    return Message(header=Header(durable=True), properties=Properties(message_id="id-%d" % n), application_properties={"n": n}, value="message %d" % n)


def check(good, otherwise):
    if not good:
        raise SystemExit("failed: " + otherwise)


def body_of(m):
    return m.data if m.data is not None else m.sequence if m.sequence is not None else m.value


def sizes(w, _):
    session, got, told = w.session(), [], []
    sender, receiver = w.sender(session), w.receiver(session, got, 1)
    for size in [0, 1, 255, 256, 511, 512, 513, 4096, 100000, 1 << 20, 10 << 20]:
        octets = bytes([7]) * size
        for body, came in (({"data": [octets]}, [octets]), ({"value": [octets]}, [octets]), ({"sequence": [[octets]]}, [[octets]])):
            w.send(sender, Message(**body), told)
            w.until(lambda: got, "message of %d octets" % size, 20)
            m = got.pop()
            check(body_of(m) == came, "of %d octets: not what was sent: %.60r" % (size, body_of(m)))
            receiver.flow(link_credit=1)


def ten_thousand(w, scenario):
    settled = scenario == "presettled-10000"
    mode = SenderSettleMode.Settled if settled else SenderSettleMode.Unsettled
    session, got, told = w.session(), [], []
    sender, receiver = w.sender(session, mode=mode), w.receiver(session, got, 500, mode=mode)
    for n in range(10000):
        w.send(sender, text(n), told)
        if receiver.current_link_credit < 250:
            receiver.flow(link_credit=500)
    while len(got) < 10000 or not settled and len(told) < 10000:
        seen = (len(got), len(told))
        w.until(lambda: (len(got), len(told)) != seen, "message after %d, outcome after %d" % seen)
        if receiver.current_link_credit < 250:
            receiver.flow(link_credit=500)
    for n, m in enumerate(got):
        check(m.properties.message_id == b"id-%d" % n, "%r came where %d was due" % (m.properties.message_id, n))
    check(settled or all("accepted" in state for state in told), "not all accepted")


def credit(w, _):
    session, got = w.session(), []
    w.fill(session, 9)
    receiver = w.receiver(session, got, 1)
    for more, total in ((1, 1), (1, 2), (2, 4), (5, 9)):
        if total > 1:
            receiver.flow(link_credit=more)
        w.until(lambda: len(got) >= total, "message %d" % total)
        rest(w)
        check(len(got) == total, "%d came where %d were asked for" % (len(got), total))


def credit_large(w, _):
    session, got = w.session(), []
    w.fill(session, 20)
    w.receiver(session, got, 2 ** 31 - 1)
    w.until(lambda: len(got) == 20, "message of 20")


def drain(w, _):
    session, got, flows = w.session(), [], []
    w.fill(session, 4)
    receiver = w.receiver(session, got, 1)
    receiver._incoming_flow = flows.append  # it takes no notice of a sender's flow otherwise
    w.until(lambda: len(got) == 1, "message")
    receiver.flow(link_credit=10, drain=True)
    w.until(lambda: len(got) == 4 and any(f[6] == 0 for f in flows), "end of the drain")
    check(flows[-1][5] == 11, "delivery-count is %r where 11 was due" % flows[-1][5])


def links_100(w, _):
    session, got, told = w.session(), [], []
    for n, sender in enumerate([w.sender(session) for _ in range(100)]):
        w.send(sender, text(n), told)
    w.until(lambda: len(told) == 100, "outcome of 100")
    w.receiver(session, got, 100)
    w.until(lambda: len(got) == 100, "message of 100")


def sessions_20(w, _):
    sessions, got, told = [w.session() for _ in range(20)], [], []
    links = [w.sender(session) for session in sessions]
    for n, link in enumerate(links):
        w.send(link, text(n), told)
    w.until(lambda: len(told) == 20, "outcome of 20")
    links.append(w.receiver(sessions[0], got, 20))
    w.until(lambda: len(got) == 20, "message of 20")
    for link in links:
        link.detach(close=True)
    w.until(lambda: all(link.state == LinkState.DETACHED for link in links), "detach")
    for session in sessions:
        session.end()
    w.until(lambda: all(session.state == SessionState.UNMAPPED for session in sessions), "end")


def session_end(w, _):
    """a session ended as it is, with a link on it"""
    session = w.session()
    w.sender(session)
    session.end()
    w.until(lambda: session.state == SessionState.UNMAPPED, "end")


def same_name(w, _):
    """on a session each, since a session here finds its links by their names alone"""
    one, two, got, told = w.session(), w.session(), [], []
    w.send(w.sender(one, name="same"), text(0), told)
    w.receiver(two, got, 1, name="same")
    w.until(lambda: got and told, "message")


def dynamic(w, _):
    session, got, told, answers = w.session(), [], [], []
    w.receiver(session, got, 1, Source(dynamic=True), on_attach=answers.append)
    address = answers[0].source.address.decode()
    link = w.attached(session.create_sender_link(Target(address=address), link_credit=0, send_settle_mode=SenderSettleMode.Unsettled))
    w.send(link, text(0), told)
    w.until(lambda: got and told, "message from %s" % address)


def peer_acts(w, scenario):
    node, session, told = NODES[scenario], w.session(), []
    sender, ended = w.sender(session, node), []
    on_end = session._incoming_end
    session._incoming_end = lambda frame: (ended.append(frame), on_end(frame))  # it keeps no error of an end
    for n in range(500 if scenario == "shutdown" else 3):
        w.send(sender, text(n), told)
        if scenario != "shutdown":
            w.until(lambda: len(told) > n or ended or sender.get_state() != LinkState.ATTACHED, "outcome")
        if ended:
            print("ended: %r" % ended)
            return
    print("outcomes: %r" % told)
    if scenario == "shutdown":
        w.until(lambda: False, "end of the connection")


def refused(w, scenario):
    w.sender(w.session(), NODES[scenario])
    rest(w)
    raise SystemExit("failed: attached")


def rest(w):
    """long enough for what should not come"""
    end = time.time() + 0.2
    while time.time() < end:
        w.connection.listen()


def nothing_more(w, _):
    """the open says it all"""


def typed(kind, value):
    return {"TYPE": kind, "VALUE": value}


# name: (what is sent, what comes back)
ALL = {
    "null": (typed("NULL", None), None), "true": (True, True), "false": (typed("BOOL", False), False), "ubyte": (typed("UBYTE", 255), 255), "ushort": (typed("USHORT", 65535), 65535),
    "uint0": (typed("UINT", 0), 0), "uint": (typed("UINT", 255), 255), "uint4": (typed("UINT", 2 ** 32 - 1), 2 ** 32 - 1), "ulong0": (typed("ULONG", 0), 0), "ulong": (typed("ULONG", 255), 255),
    "ulong8": (typed("ULONG", 2 ** 64 - 1), 2 ** 64 - 1), "byte": (typed("BYTE", -128), -128), "short": (typed("SHORT", -32768), -32768), "int": (typed("INT", -1), -1),
    "int4": (typed("INT", -2 ** 31), -2 ** 31), "long": (typed("LONG", -1), -1), "long8": (typed("LONG", -2 ** 63), -2 ** 63), "float": (typed("FLOAT", -1.5), -1.5),
    "double": (typed("DOUBLE", 1e-300), 1e-300), "timestamp": (typed("TIMESTAMP", 1700000000123), 1700000000123), "before": (typed("TIMESTAMP", -1), -1),
    "uuid": (typed("UUID", uuid.UUID(int=5)), uuid.UUID(int=5)), "binary": (typed("BINARY", b"\x00\xff"), b"\x00\xff"), "binary4": (typed("BINARY", b"b" * 300), b"b" * 300),
    "string": (typed("STRING", "grüße 世界"), "grüße 世界".encode()), "string4": (typed("STRING", "s" * 300), b"s" * 300), "symbol": (typed("SYMBOL", b"sym"), b"sym"),
}
NESTED = {
    "list": ([1, b"two", [3, []]], [1, b"two", [3, []]]), "list0": (typed("LIST", []), []), "map": ({"k": {"k": 1}}, {b"k": {b"k": 1}}),
    "array": (typed("ARRAY", [typed("INT", n) for n in (1, 2, 70000)]), [1, 2, 70000]), "array-string": (typed("ARRAY", [typed("STRING", s) for s in ("a", "bc")]), [b"a", b"bc"]),
    "list-long": (list(range(300)), list(range(300))),
}


def through(w, messages):
    session, got = w.session(), []
    w.fill(session, len(messages), messages.__getitem__)
    w.receiver(session, got, len(messages))
    w.until(lambda: len(got) == len(messages), "message of %d" % len(messages))
    return got


def types_body(w, _):
    """each in a list: of a body alone, what Python takes for false goes out as no body at all"""
    every = {**ALL, **NESTED}
    for (name, (sent, due)), m in zip(every.items(), through(w, [Message(value=[sent]) for sent, _ in every.values()])):
        check(m.value == [due], "%s: %r, not %r" % (name, m.value, [due]))


def types_decimal128(w, _):
    came = through(w, [Message(value=[typed("DECIMAL128", Decimal("-1.25"))])])[0].value
    check(came == [Decimal("-1.25")], "%r" % came)


def types_properties(w, _):
    came = through(w, [Message(value="types", application_properties={name: sent for name, (sent, _) in ALL.items()})])[0].application_properties
    for name, (_, due) in ALL.items():
        check(came[name.encode()] == due, "%s: %r, not %r" % (name, came[name.encode()], due))


NODES = {"peer-detaches": "detach-2", "peer-ends": "end-2", "peer-closes": "close-2", "peer-rejects": "reject", "peer-releases": "release", "peer-modifies": "modify",
         "shutdown": "close-100", "unauthorized": "denied", "redirect": "redirect"}
SCENES = {"sizes-512": sizes, "sizes-4096": sizes, "sizes-default": sizes, "unsettled-10000": ten_thousand, "presettled-10000": ten_thousand, "credit": credit,
          "credit-large": credit_large, "drain": drain, "links-100": links_100, "sessions-20": sessions_20, "same-name": same_name, "dynamic": dynamic, "unauthorized": refused,
          "redirect": refused, "types-body": types_body, "types-properties": types_properties, "types-decimal128": types_decimal128, "session-end": session_end, "open-fields": nothing_more, "sasl-plain": nothing_more, "sasl-anonymous": nothing_more,
          "sasl-none": nothing_more, "sasl-external": nothing_more, **{name: peer_acts for name in NODES if name.startswith("peer-") or name == "shutdown"}}


def play(parts, form, scenario):
    w = Wire(parts, form, scenario)
    SCENES[scenario](w, scenario)
    w.connection.close(wait=True)
