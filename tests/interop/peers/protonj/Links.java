// Links, and what goes over them: attached, sent and received, each waited for.
package protonj;

import static protonj.Peer.*;

import java.io.IOException;
import org.apache.qpid.proton.Proton;
import org.apache.qpid.proton.amqp.messaging.*;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.*;
import org.apache.qpid.proton.message.Message;

final class Links {
    private Links() {}

    static Sender sender(String name, String address) throws IOException {
        Sender s = session.sender(name);
        Target t = new Target(); t.setAddress(address); s.setTarget(t); s.setSource(new Source()); s.open();
        need(until(() -> s.getCredit() > 0 || s.getRemoteState() == EndpointState.CLOSED), "no credit");
        return s;
    }
    static Receiver receiver(String name, String address) throws IOException {
        Receiver r = session.receiver(name);
        Source f = new Source(); f.setAddress(address); r.setSource(f); r.setTarget(new Target()); r.open();
        need(until(() -> r.getRemoteState() != EndpointState.UNINITIALIZED), "no attach");
        return r;
    }
    static int tags, room = 200000; // how large an encoded message may be
    static Delivery put(Sender s, Message m) {
        byte[] b = new byte[room];
        int n = m.encode(b, 0, b.length);
        Delivery d = s.delivery(("t" + tags++).getBytes());
        s.send(b, 0, n); s.advance();
        return d;
    }
    static void send(Sender s, Message m) throws IOException {
        Delivery d = put(s, m);
        need(until(() -> d.getRemoteState() != null || d.remotelySettled()), "no outcome");
        if (!(d.getRemoteState() instanceof Accepted)) System.out.println("outcome: " + d.getRemoteState());
        d.settle();
    }
    static Delivery next(Receiver r) throws IOException {
        need(until(() -> r.current() != null && !r.current().isPartial() && r.current().isReadable()), "no message");
        return r.current();
    }
    static Message read(Receiver r, Delivery d) {
        byte[] b = new byte[d.pending()];
        r.recv(b, 0, b.length); r.advance();
        Message m = Proton.message(); m.decode(b, 0, b.length);
        return m;
    }

    /** The one message that is due, on a credit of one; accepted. */
    static Message take(Receiver r, Message due) throws IOException {
        if (r.getCredit() == 0) r.flow(1);
        Delivery d = next(r); Message m = read(r, d);
        need(due.getMessageId().equals(m.getMessageId()), m.getMessageId() + " came, and not " + due.getMessageId());
        d.disposition(Accepted.getInstance()); d.settle();
        return m;
    }
}
