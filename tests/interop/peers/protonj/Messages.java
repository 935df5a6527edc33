// What is sent: plain texts, messages of every kind of body with every property, and how two of them compare.
package protonj;

import java.util.*;
import org.apache.qpid.proton.Proton;
import org.apache.qpid.proton.amqp.*;
import org.apache.qpid.proton.amqp.messaging.*;
import org.apache.qpid.proton.message.Message;

final class Messages {
    private Messages() {}

    static Message text(int n) {
        Message m = Proton.message(); m.setDurable(true); m.setMessageId("id-" + n); m.setBody(new AmqpValue("message " + n));
        return m;
    }
    static Section body(int n) {
        Map<Object, Object> map = new LinkedHashMap<>(); map.put("n", n); map.put(Symbol.valueOf("s"), Arrays.asList(1L, "two", null));
        List<Object> every = Arrays.asList(null, true, UnsignedByte.valueOf((byte) -1), UnsignedShort.valueOf((short) -1), UnsignedInteger.valueOf(0), UnsignedInteger.valueOf(-1), UnsignedLong.valueOf(0), UnsignedLong.valueOf(-1),
            (byte) -128, (short) -32768, -1, Integer.MIN_VALUE, -1L, Long.MIN_VALUE, 1.5f, 1e-300, 'x', new Date(1700000000123L), UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"), new Binary(new byte[] {0, -1}), "grüße 世界",
            Symbol.valueOf("sym"), new Decimal32(1), new Decimal64(2), new Decimal128(3, 4));
        byte[] big = new byte[9000]; Arrays.fill(big, (byte) 'x');
        Section[] all = {
            new Data(new Binary(("data " + n).getBytes())), new Data(new Binary(big)), new AmqpValue("grüße, 世界 " + n), new AmqpValue(-1000000000000L), new AmqpValue(n % 2 == 0), new AmqpValue(map), new AmqpValue(every),
            new AmqpValue(new int[] {1, 2, 70000}), new AmqpValue(new String[] {"an", "array"}), new AmqpSequence(Arrays.asList(n, "seq", true)), new AmqpValue(null), new AmqpValue(new UnknownDescribed()),
        };
        return all[n % all.length];
    }
    static class UnknownDescribed implements DescribedType {
        public Object getDescriptor() { return Symbol.valueOf("x:y"); }
        public Object getDescribed() { return "described"; }
    }
    static Message rich(int n) {
        Message m = Proton.message(); m.setDurable(true); m.setPriority((short) 3); m.setTtl(600000);
        Object[] ids = {"id-" + n, UnsignedLong.valueOf(n), new UUID(5, n), new Binary(new byte[] {1, (byte) n})};
        m.setMessageId(ids[n % 4]); m.setCorrelationId("c" + n); m.setSubject("subject " + n); m.setReplyTo("reply"); m.setContentType("text/plain"); m.setGroupId("g"); m.setGroupSequence(n); m.setCreationTime(1700000000000L + n);
        m.setMessageAnnotations(new MessageAnnotations(new HashMap<>(Map.of(Symbol.valueOf("x-opt-n"), n))));
        m.setApplicationProperties(new ApplicationProperties(new LinkedHashMap<>(Map.of("n", n, "s", "text", "b", true, "f", 1.5))));
        m.setBody(body(n));
        return m;
    }
    static Object octets(Section s) {
        return s instanceof Data ? ((Data) s).getValue() : s instanceof AmqpValue ? ((AmqpValue) s).getValue() : ((AmqpSequence) s).getValue().get(0);
    }
    static String flat(Object o) {
        if (o instanceof Data) return "data " + ((Data) o).getValue();
        if (o instanceof AmqpSequence) return "sequence " + flat(((AmqpSequence) o).getValue());
        if (o instanceof AmqpValue) return "value " + flat(((AmqpValue) o).getValue());
        if (o instanceof int[]) return Arrays.toString((int[]) o);
        if (o instanceof Object[]) return Arrays.toString((Object[]) o);
        if (o instanceof DescribedType) return ((DescribedType) o).getDescriptor() + " " + ((DescribedType) o).getDescribed();
        return String.valueOf(o);
    }
}
