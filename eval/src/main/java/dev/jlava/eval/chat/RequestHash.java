package dev.jlava.eval.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// What a request is known by: the SHA-256 of the model's name, the messages with their images'
/// content, the settings and the number of the sample.
public final class RequestHash {
  private RequestHash() {}

  /// The hash, in hexadecimal digits.
  public static String of(String model, ChatRequest request) {
    return sha256(content(model, request).toString().getBytes(StandardCharsets.UTF_8));
  }

  static ObjectNode content(String model, ChatRequest request) {
    return ChatJson.body(model, request, ChatJson.MAX_TOKENS, RequestHash::image)
        .put("sample", request.sample());
  }

  private static String image(Path file) {
    return "sha256:" + sha256(ChatJson.read(file));
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
