// TLS of the JDK, from the PEM files that the variables name: whom to trust, and who we are, if we are to show it.
package protonj;

import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.*;
import org.apache.qpid.proton.Proton;
import org.apache.qpid.proton.engine.*;

final class Tls {
    private Tls() {}

    /** Puts it under the transport: the certificate of the other end has to be for this host. */
    static Ssl under(Transport transport, String host, int port) throws GeneralSecurityException, IOException {
        SslDomain domain = Proton.sslDomain();
        domain.init(SslDomain.Mode.CLIENT);
        domain.setSslContext(context());
        domain.setPeerAuthentication(SslDomain.VerifyMode.VERIFY_PEER_NAME);
        return transport.ssl(domain, Proton.sslPeerDetails(host, port));
    }

    private static SSLContext context() throws GeneralSecurityException, IOException {
        KeyStore trusted = empty();
        trusted.setCertificateEntry("authority", certificate(System.getenv("PEER_CA")));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        KeyStore own = empty();
        if (System.getenv("PEER_CERT") != null) {
            own.setKeyEntry("own", key(System.getenv("PEER_KEY")), new char[0], new java.security.cert.Certificate[] {certificate(System.getenv("PEER_CERT"))});
        }
        keys.init(own, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    private static X509Certificate certificate(String file) throws GeneralSecurityException, IOException {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static PrivateKey key(String file) throws GeneralSecurityException, IOException { // as certs.sh makes them: PKCS #8, of an elliptic curve
        String pem = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", "");
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
    }
}
