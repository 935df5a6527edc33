// Scenarios about links themselves: how many there are, how they are named, refused and detached, and what their termini say.
package protonj;

import static protonj.Links.*;
import static protonj.Messages.*;
import static protonj.Peer.*;

import java.io.IOException;
import java.util.*;
import org.apache.qpid.proton.amqp.*;
import org.apache.qpid.proton.amqp.messaging.*;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.*;
import org.apache.qpid.proton.engine.*;
import org.apache.qpid.proton.message.Message;

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

    /** A sender and a receiver: the answer to each attach has no terminus, and a detach with the condition follows. */
    static void unauthorized() throws IOException {
        Sender s = session.sender("out"); Target t = new Target(); t.setAddress(node("denied")); s.setTarget(t); s.setSource(new Source());
        Receiver r = session.receiver("in"); Source f = new Source(); f.setAddress(node("denied")); r.setSource(f); r.setTarget(new Target());
        for (Link link : new Link[] {s, r}) {
            link.open();
            need(until(() -> link.getRemoteState() == EndpointState.CLOSED), "not refused");
            ErrorCondition error = link.getRemoteCondition();
            need(error.getCondition().equals(AmqpError.UNAUTHORIZED_ACCESS) && error.getDescription().equals(node("denied")), "refused otherwise: " + error);
            need((link == s ? link.getRemoteTarget() : link.getRemoteSource()) == null, "refused with a terminus");
            System.out.println("not let: " + error); link.close();
        }
    }

    /** The second message detaches the link: its error is whole, and another link works on. */
    static void forcedDetach() throws IOException {
        Sender s = sender("out", node("detach-2")), other = sender("other", node("test"));
        send(s, text(0));
        Delivery d = put(s, text(1));
        need(until(() -> s.getRemoteState() == EndpointState.CLOSED), "not detached");
        ErrorCondition error = s.getRemoteCondition();
        need(error.getCondition().equals(AmqpError.RESOURCE_LIMIT_EXCEEDED) && "as asked for".equals(error.getDescription())
            && Map.of(Symbol.valueOf("address"), node("detach-2")).equals(error.getInfo()), "detached otherwise: " + error);
        need(d.getRemoteState() == null, "an outcome of what came too late: " + d.getRemoteState());
        System.out.println("detached: " + error);
        s.close(); send(other, text(2));
    }

    /** Two links of one name in opposite directions: each is attached, used, and detached by itself. */
    static void sameName() throws IOException {
        Sender s = sender("same", node("test")); Receiver r = receiver("same", node("test"));
        send(s, text(0)); take(r, text(0));
        s.close(); need(until(() -> s.getRemoteState() == EndpointState.CLOSED), "the sender is not detached");
        need(r.getRemoteState() == EndpointState.ACTIVE, "the receiver is detached with the sender");
        Sender again = sender("same", node("test"));
        send(again, text(1)); take(r, text(1));
        r.close(); need(until(() -> r.getRemoteState() == EndpointState.CLOSED), "the receiver is not detached");
        need(again.getRemoteState() == EndpointState.ACTIVE, "the sender is detached with the receiver");
    }

    /** A request to a queue says where its reply goes: to the address that a dynamic source came back with. */
    static void dynamic() throws IOException {
        Receiver replies = session.receiver("replies"); Source f = new Source(); f.setDynamic(true); replies.setSource(f); replies.setTarget(new Target()); replies.open();
        need(until(() -> replies.getRemoteState() == EndpointState.ACTIVE && replies.getRemoteSource() != null), "no attach");
        Source made = (Source) replies.getRemoteSource();
        need(made.getDynamic() && made.getAddress() != null && !made.getAddress().isEmpty(), "no address: " + made);
        Message request = text(0); request.setReplyTo(made.getAddress()); send(sender("requests", node("test")), request);
        Message asked = take(receiver("service", node("test")), request);
        Message reply = text(1); reply.setCorrelationId(asked.getMessageId()); send(sender("answers", asked.getReplyTo()), reply);
        need(take(replies, reply).getCorrelationId().equals("id-0"), "a reply to something else");
        replies.close(); need(until(() -> replies.getRemoteState() == EndpointState.CLOSED), "not detached");
    }

    /** The filter comes back in the source, and only what it selects comes. */
    static void selector() throws IOException {
        Sender s = sender("out", node("test")); String[] colours = {"red", "green", "red", "blue"};
        for (int n = 0; n < 4; n++) { Message m = text(n); m.setApplicationProperties(new ApplicationProperties(new HashMap<>(Map.of("colour", colours[n])))); send(s, m); }
        Symbol name = Symbol.valueOf("apache.org:selector-filter:string");
        Receiver r = session.receiver("in"); Source f = new Source(); f.setAddress(node("test")); f.setFilter(Map.of(name, new Selector(name, "colour = 'red'"))); r.setSource(f); r.setTarget(new Target()); r.open();
        need(until(() -> r.getRemoteState() == EndpointState.ACTIVE && r.getRemoteSource() != null), "no attach");
        Map<?, ?> kept = ((Source) r.getRemoteSource()).getFilter();
        need(kept != null && kept.get(name) instanceof DescribedType && "colour = 'red'".equals(((DescribedType) kept.get(name)).getDescribed()), "not filtered: " + kept);
        r.flow(2); take(r, text(0)); take(r, text(2));
        r.flow(2); until(() -> false, 300); need(r.current() == null, "what the filter does not select came");
    }

    private static final class Selector implements DescribedType {
        private final Symbol name; private final String text;
        Selector(Symbol name, String text) { this.name = name; this.text = text; }
        @Override public Object getDescriptor() { return name; }
        @Override public Object getDescribed() { return text; }
    }
}
