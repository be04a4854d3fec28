package dev.jlava.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/// A stream that fails where its source says nothing for too long; the JDK's HTTP client waits for
/// a body for ever.
final class ImpatientStream extends InputStream {
  private final InputStream source;
  private final Duration patience;
  private final Thread watch;
  private volatile long lastHeard = System.nanoTime();
  private volatile boolean gaveUp;

  ImpatientStream(InputStream source, Duration patience) {
    this.source = source;
    this.patience = patience;
    this.watch = Thread.ofVirtual().start(this::watch);
  }

  private void watch() {
    try {
      for (long left = patience.toNanos(); left > 0; left = left()) {
        Thread.sleep(Duration.ofNanos(left));
      }
      gaveUp = true;
      source.close();
    } catch (InterruptedException | IOException e) {
      // The stream is closed already.
    }
  }

  private long left() {
    return lastHeard + patience.toNanos() - System.nanoTime();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      int count = source.read(bytes, offset, length);
      lastHeard = System.nanoTime();
      return count;
    } catch (IOException e) {
      // The JDK's client says no more than `closed`, and why in the cause.
      String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new IOException(gaveUp ? "no data for " + patience.toSeconds() + " s" : reason, e);
    }
  }

  @Override
  public void close() throws IOException {
    watch.interrupt();
    source.close();
  }
}
