// Scenarios about deliveries: what they carry, in what frames, on what credit, and how they are settled.
package protonj;

import static protonj.Links.*;
import static protonj.Messages.*;
import static protonj.Peer.*;

import java.io.IOException;
import java.util.*;
import org.apache.qpid.proton.Proton;
import org.apache.qpid.proton.amqp.*;
import org.apache.qpid.proton.amqp.messaging.*;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transaction.*;
import org.apache.qpid.proton.amqp.transport.*;
import org.apache.qpid.proton.engine.*;
import org.apache.qpid.proton.message.Message;

final class Deliveries {
    private Deliveries() {}

    static void roundtrip() throws IOException {
        Sender s = sender("out", node("test"));
        for (int n = 0; n < 12; n++) send(s, rich(n));
        Receiver r = receiver("in", node("test")); r.flow(12);
        for (int n = 0; n < 12; n++) {
            Delivery d = next(r); Message got = read(r, d), want = rich(n);
            d.disposition(Accepted.getInstance()); d.settle();
            String a = flat(got.getBody()) + got.getMessageId() + got.getSubject() + got.getGroupSequence() + new TreeMap<>(got.getApplicationProperties().getValue());
            String b = flat(want.getBody()) + want.getMessageId() + want.getSubject() + want.getGroupSequence() + new TreeMap<>(want.getApplicationProperties().getValue());
            need(a.equals(b), "message " + n + ": " + a.substring(0, Math.min(300, a.length())) + ", not " + b.substring(0, Math.min(300, b.length())));
        }
        until(() -> false, 100);
    }

    static void large() throws IOException {
        Sender s = sender("out", node("test"));
        byte[] b = new byte[12000]; for (int i = 0; i < b.length; i++) b[i] = (byte) (i % 253);
        Message m = Proton.message(); m.setDurable(true); m.setBody(new Data(new Binary(b))); send(s, m);
        Receiver r = receiver("in", node("test")); r.flow(1);
        Delivery d = next(r); need(Arrays.equals(((Data) read(r, d).getBody()).getValue().getArray(), b), "not what was sent");
        d.disposition(Accepted.getInstance()); d.settle();
    }

    static void sendSettled() throws IOException {
        Sender s = session.sender("out"); Target t = new Target(); t.setAddress(node("test")); s.setTarget(t); s.setSource(new Source()); s.setSenderSettleMode(SenderSettleMode.SETTLED); s.open();
        need(until(() -> s.getCredit() > 0), "no credit");
        for (int n = 0; n < 3; n++) put(s, text(n)).settle();
        Receiver r = receiver("in", node("test")); r.flow(3);
        for (int n = 0; n < 3; n++) { Delivery d = next(r); read(r, d); d.disposition(Accepted.getInstance()); d.settle(); }
    }

    static void sizes(String scenario) throws IOException {
        Sender s = sender("out", node("test")); Receiver r = receiver("in", node("test")); room = 11 << 20;
        for (int size : new int[] {0, 1, 255, 256, 511, 512, 513, 4096, 100000, 1 << 20, 10 << 20}) {
            if (size > 1 << 20 && !scenario.equals("sizes-default")) break;
            Binary b = new Binary(new byte[size]);
            for (Section body : new Section[] {new Data(b), new AmqpValue(b), new AmqpSequence(Arrays.asList(b))}) {
                Message m = Proton.message(); m.setBody(body); send(s, m);
                r.flow(1); Delivery d = next(r); need(octets(read(r, d).getBody()).equals(b), "of " + size + " octets: not what was sent");
                d.disposition(Accepted.getInstance()); d.settle();
            }
        }
    }

    static void tenThousand(String scenario) throws IOException {
        boolean settled = scenario.startsWith("pre");
        Sender s = session.sender("out"); Target t = new Target(); t.setAddress(node("test")); s.setTarget(t); s.setSource(new Source()); if (settled) s.setSenderSettleMode(SenderSettleMode.SETTLED); s.open();
        List<Delivery> sent = new ArrayList<>();
        for (int n = 0; n < 10000; n++) { need(until(() -> s.getCredit() > 0), "no credit"); Delivery d = put(s, text(n)); if (settled) d.settle(); else sent.add(d); }
        for (Delivery d : sent) { need(until(() -> d.getRemoteState() instanceof Accepted), "not accepted"); d.settle(); }
        Receiver r = session.receiver("in"); Source f = new Source(); f.setAddress(node("test")); r.setSource(f); r.setTarget(new Target()); if (settled) r.setSenderSettleMode(SenderSettleMode.SETTLED); r.open(); r.flow(10000);
        for (int n = 0; n < 10000; n++) { Delivery d = next(r); need(read(r, d).getMessageId().equals("id-" + n), "out of order"); d.disposition(Accepted.getInstance()); d.settle(); }
        until(() -> false, 100);
    }

    static void credit(String scenario) throws IOException {
        Sender s = sender("out", node("test")); for (int n = 0; n < 20; n++) send(s, text(n));
        Receiver r = receiver("in", node("test")); if (scenario.equals("credit-large")) r.flow(Integer.MAX_VALUE);
        for (int n = 0; n < 20; n++) {
            if (scenario.equals("credit")) { until(() -> false, 20); need(r.current() == null, "a message without credit"); r.flow(1); }
            Delivery d = next(r); read(r, d); d.disposition(Accepted.getInstance()); d.settle();
        }
        until(() -> false, 100);
    }

    static void drain() throws IOException {
        Sender s = sender("out", node("test")); for (int n = 0; n < 3; n++) send(s, text(n));
        Receiver r = receiver("in", node("test")); r.drain(10);
        for (int n = 0; n < 3; n++) { Delivery d = next(r); read(r, d); d.disposition(Accepted.getInstance()); d.settle(); }
        System.out.println("drained: " + until(() -> r.getRemoteCredit() == 0, 1500));
    }

    static void outcomes() throws IOException {
        Sender s = sender("out", node("test")); for (int n = 0; n < 5; n++) send(s, text(n));
        Receiver r = receiver("in", node("test")); r.flow(5);
        Rejected rejected = new Rejected(); rejected.setError(new ErrorCondition(AmqpError.DECODE_ERROR, "cannot be read"));
        Modified failed = new Modified(); failed.setDeliveryFailed(true);
        Modified elsewhere = new Modified(); elsewhere.setUndeliverableHere(true); elsewhere.setMessageAnnotations(new HashMap<>(Map.of(Symbol.valueOf("x-opt-seen"), 1)));
        DeliveryState[] states = {Accepted.getInstance(), rejected, Released.getInstance(), failed, elsewhere};
        List<Delivery> held = new ArrayList<>(); for (int n = 0; n < 5; n++) { Delivery d = next(r); read(r, d); held.add(d); }
        for (int n = 0; n < 5; n++) { held.get(n).disposition(states[n]); held.get(n).settle(); }
        r.flow(5); until(() -> false, 400);
        while (r.current() != null && r.current().isReadable()) { Delivery d = r.current(); read(r, d); d.disposition(Accepted.getInstance()); d.settle(); until(() -> false, 100); }
    }

    static void outcomeOfPeer(String scenario) throws IOException {
        Sender s = sender("out", node(Map.of("peer-rejects", "reject", "peer-releases", "release", "peer-modifies", "modify").get(scenario)));
        Delivery d = put(s, text(0)); need(until(() -> d.getRemoteState() != null), "no outcome"); System.out.println("outcome: " + d.getRemoteState()); d.settle();
    }

    static void transactions() throws IOException {
        Sender control = session.sender("controller"); Coordinator coordinator = new Coordinator(); coordinator.setCapabilities(Symbol.valueOf("amqp:local-transactions")); control.setTarget(coordinator); control.setSource(new Source()); control.open();
        need(until(() -> control.getCredit() > 0, 2000), "no coordinator");
        Sender s = sender("out", node("test"));
        for (boolean fail : new boolean[] {false, true}) {
            Message m = Proton.message(); m.setBody(new AmqpValue(new Declare())); Delivery d = put(control, m);
            need(until(() -> d.getRemoteState() instanceof Declared), "not declared"); Binary txn = ((Declared) d.getRemoteState()).getTxnId(); d.settle();
            TransactionalState state = new TransactionalState(); state.setTxnId(txn);
            byte[] b = new byte[1000]; int size = text(fail ? 1 : 0).encode(b, 0, b.length);
            Delivery p = s.delivery(("x" + fail).getBytes()); p.disposition(state); s.send(b, 0, size); s.advance();
            need(until(() -> p.getRemoteState() != null), "no outcome in the transaction"); p.settle();
            Discharge discharge = new Discharge(); discharge.setTxnId(txn); discharge.setFail(fail);
            Message e = Proton.message(); e.setBody(new AmqpValue(discharge)); Delivery f = put(control, e);
            need(until(() -> f.getRemoteState() instanceof Accepted), "not discharged"); f.settle();
        }
    }
}
