// Scenarios about links themselves: how many there are, and how they are refused.
package protonj;

import static protonj.Links.*;
import static protonj.Messages.*;
import static protonj.Peer.*;

import java.io.IOException;
import java.util.*;
import org.apache.qpid.proton.amqp.messaging.*;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.*;
import org.apache.qpid.proton.engine.*;

final class Attachments {
    private Attachments() {}

    static void links100() throws IOException {
        List<Sender> senders = new ArrayList<>(); for (int n = 0; n < 100; n++) senders.add(sender("out-" + n, node("test")));
        for (int n = 0; n < 100; n++) send(senders.get(n), text(n));
        Receiver r = receiver("in", node("test")); r.flow(100);
        for (int n = 0; n < 100; n++) { Delivery d = next(r); read(r, d); d.disposition(Accepted.getInstance()); d.settle(); }
        until(() -> false, 100);
    }

    static void sessions20() throws IOException {
        Session first = session;
        for (int n = 0; n < 20; n++) { session = connection.session(); session.open(); send(sender("out", node("test")), text(n)); }
        session = first; Receiver r = receiver("in", node("test")); r.flow(20);
        for (int n = 0; n < 20; n++) { Delivery d = next(r); read(r, d); d.disposition(Accepted.getInstance()); d.settle(); }
        until(() -> false, 100);
    }

    static void unknownAddress() throws IOException {
        Sender s = session.sender("out"); Target t = new Target(); t.setAddress(node("missing")); s.setTarget(t); s.setSource(new Source()); s.open();
        until(() -> s.getRemoteState() == EndpointState.CLOSED || session.getRemoteState() == EndpointState.CLOSED, 1500);
        System.out.println("refused: " + s.getRemoteCondition() + remote()); s.close();
    }
}
