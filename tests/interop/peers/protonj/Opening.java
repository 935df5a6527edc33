// How the connection is opened: TLS, SASL, what open says; and the scenarios that end there.
package protonj;

import static protonj.Peer.*;

import java.io.IOException;
import java.net.*;
import java.security.GeneralSecurityException;
import java.util.*;
import org.apache.qpid.proton.Proton;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.engine.*;

final class Opening {
    private Opening() {}

    private static Ssl ssl; private static Sasl sasl;

    /** Sets up the transport and the open of this scenario; nothing is read or written yet. */
    static void prepare(URI uri, String scenario) throws IOException, GeneralSecurityException {
        socket = new Socket(uri.getHost(), uri.getPort()); socket.setTcpNoDelay(true); socket.setSoTimeout(20);
        in = socket.getInputStream(); out = socket.getOutputStream();
        transport = Proton.transport(); connection = Proton.connection();
        switch (scenario) {
            case "large-4096": case "sizes-4096": transport.setMaxFrameSize(4096); break;
            case "sizes-512": transport.setMaxFrameSize(512); break;
            case "idle-timeout": transport.setIdleTimeout(2000); break;
            case "open-fields": transport.setMaxFrameSize(8192); transport.setChannelMax(7); transport.setIdleTimeout(20000); break;
            default: break;
        }
        if (!scenario.equals("sasl-none")) logIn(uri.getUserInfo(), scenario);
        if (uri.getScheme().equals("amqps")) ssl = Tls.under(transport, uri.getHost(), uri.getPort());
        transport.bind(connection);
        connection.setContainer("protonj-client"); connection.setHostname(uri.getHost());
        if (scenario.equals("open-fields")) {
            connection.setHostname("localhost");
            connection.setOfferedCapabilities(new Symbol[] {Symbol.valueOf("one"), Symbol.valueOf("two")});
            connection.setDesiredCapabilities(new Symbol[] {Symbol.valueOf("ANONYMOUS-RELAY")});
            connection.setProperties(Map.of(Symbol.valueOf("name"), "protonj-client"));
        }
        connection.open();
    }

    private static void logIn(String user, String scenario) {
        sasl = transport.sasl(); sasl.client();
        if (scenario.equals("sasl-external")) { sasl.setMechanisms("EXTERNAL"); sasl.send(new byte[0], 0, 0); } // as whom the certificate says
        else if (user == null) sasl.setMechanisms("ANONYMOUS");
        else sasl.plain(user.split(":")[0], scenario.equals("sasl-fail") ? "wrong" : user.split(":")[1]);
    }

    /** The one mechanism that the listener offers in this scenario is the one that let us in. */
    static void letIn(String mechanism) {
        need(sasl.getOutcome() == Sasl.PN_SASL_OK, "let in as " + sasl.getOutcome());
        need(Arrays.equals(sasl.getRemoteMechanisms(), new String[] {mechanism}), "offered: " + Arrays.toString(sasl.getRemoteMechanisms()));
    }

    /** The scenario's bytes went over TLS. */
    static void secure() {
        need(ssl.getProtocolName().startsWith("TLS"), "no TLS: " + ssl.getProtocolName());
        System.out.println("over " + ssl.getProtocolName() + " with " + ssl.getCipherName());
    }

    /** What the listener of the scenarios says in its open. */
    static void seen() {
        String seen = connection.getRemoteContainer() + " " + transport.getRemoteMaxFrameSize() + " " + transport.getRemoteChannelMax() + " " + transport.getRemoteIdleTimeout() + " "
            + Arrays.toString(connection.getRemoteOfferedCapabilities()) + " " + Arrays.toString(connection.getRemoteDesiredCapabilities()) + " " + connection.getRemoteProperties().get(Symbol.valueOf("product"));
        need(seen.equals("amqp10-interop-broker 65536 255 5000 [ANONYMOUS-RELAY] [] amqp10"), "seen of open: " + seen);
    }
}
