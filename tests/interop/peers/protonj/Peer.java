// The one connection of a scenario: its socket, its transport, and turns until something has come about.
package protonj;

import java.io.*;
import java.net.*;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.apache.qpid.proton.engine.*;

final class Peer {
    private Peer() {}

    static Socket socket; static InputStream in; static OutputStream out;
    static Transport transport; static Connection connection; static Session session;
    static String form; static final long end = System.currentTimeMillis() + 40000;

    static boolean pump() throws IOException { // one turn: writes what is to be written, reads what has come
        boolean moved = false;
        while (transport.pending() > 0) {
            ByteBuffer head = transport.head();
            byte[] b = new byte[head.remaining()];
            head.get(b); out.write(b); out.flush(); transport.pop(b.length); moved = true;
        }
        transport.tick(System.currentTimeMillis());
        if (transport.capacity() > 0) {
            try {
                byte[] b = new byte[Math.min(transport.capacity(), 65536)];
                int n = in.read(b);
                if (n < 0) transport.close_tail();
                else { int at = 0; while (at < n) { int some = Math.min(n - at, transport.capacity()); if (some <= 0) break; transport.tail().put(b, at, some); transport.process(); at += some; } }
                moved = true;
            } catch (SocketTimeoutException e) { /* nothing came */ }
        }
        return moved;
    }
    static boolean until(BooleanSupplier done) throws IOException { return until(done, 5000); }
    static boolean until(BooleanSupplier done, long ms) throws IOException {
        long stop = Math.min(end, System.currentTimeMillis() + ms);
        while (!done.getAsBoolean()) {
            if (System.currentTimeMillis() > stop) return false;
            if (transport.capacity() < 0 && transport.pending() < 0) return done.getAsBoolean();
            pump();
        }
        return true;
    }
    static void need(boolean yes, String what) { if (!yes) throw new IllegalStateException(what + remote()); }
    static String remote() {
        return " (connection " + (connection == null ? null : connection.getRemoteCondition()) + ", session " + (session == null ? null : session.getRemoteCondition()) + ", transport " + (transport == null ? null : transport.getCondition()) + ")";
    }
    static String node(String name) { return form.replace("{}", name); }
}
