package dev.jlava.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The hash that the hub names a file by: SHA-256 of a large file, git's SHA-1 of a blob of
/// another. The length tells them apart.
final class FileHash {
  private static final int CHUNK = 1 << 20;

  private FileHash() {}

  /// Whether a file has the hash that its etag gives. An etag of another kind, as a mirror may
  /// have, says nothing of the content.
  static boolean matches(Path file, String etag) throws IOException {
    return switch (etag.length()) {
      case 64 -> of(file, digest("SHA-256")).equals(etag);
      case 40 -> {
        MessageDigest git = digest("SHA-1");
        git.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
        yield of(file, git).equals(etag);
      }
      default -> true;
    };
  }

  private static String of(Path file, MessageDigest digest) throws IOException {
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        digest.update(chunk, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
