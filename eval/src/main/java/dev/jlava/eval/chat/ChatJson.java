package dev.jlava.eval.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.chat.ChatMessage.Image;
import dev.jlava.eval.chat.ChatMessage.Part;
import dev.jlava.eval.chat.ChatMessage.Text;
import dev.jlava.eval.chat.ChatReply.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/// Requests and replies as OpenAI's chat completions write them.
final class ChatJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /// Bytes of text that make a token at least, in the scripts with the longest words.
  private static final int BYTES_PER_TOKEN = 3;

  private static final int TOKENS_PER_IMAGE = 1000;

  private ChatJson() {}

  /// What most endpoints call the longest reply.
  static final String MAX_TOKENS = "max_tokens";

  /// What those call it that take [#MAX_TOKENS] no more.
  static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";

  /// The body of a request. A message of one text is a text; others are lists of parts.
  ///
  /// @param limit the key of the longest reply
  /// @param image writes an image file's `url`
  static ObjectNode body(
      String model, ChatRequest request, String limit, Function<Path, String> image) {
    ObjectNode body = JSON.createObjectNode().put("model", model);
    ArrayNode messages = body.putArray("messages");
    for (ChatMessage message : request.messages()) {
      ObjectNode one = messages.addObject();
      one.put("role", message.role().name().toLowerCase(Locale.ROOT));
      if (message.parts().size() == 1 && message.parts().getFirst() instanceof Text(String text)) {
        one.put("content", text);
      } else {
        ArrayNode parts = one.putArray("content");
        message.parts().forEach(part -> part(parts.addObject(), part, image));
      }
    }
    body.put("temperature", request.temperature()).put(limit, request.maxTokens());
    Long seed = request.sampleSeed();
    return seed == null ? body : body.put("seed", seed);
  }

  private static void part(ObjectNode into, Part part, Function<Path, String> image) {
    switch (part) {
      case Text(String text) -> into.put("type", "text").put("text", text);
      case Image(Path file) ->
          into.put("type", "image_url").putObject("image_url").put("url", image.apply(file));
    }
  }

  /// An image as a data URL.
  static String dataUrl(Path file) {
    byte[] bytes = read(file);
    return "data:"
        + mediaType(file, bytes)
        + ";base64,"
        + Base64.getEncoder().encodeToString(bytes);
  }

  static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read (" + e + "); check the path", e);
    }
  }

  private static String mediaType(Path file, byte[] bytes) {
    String head = new String(bytes, 0, Math.min(bytes.length, 12), StandardCharsets.ISO_8859_1);
    if (head.startsWith("\u0089PNG")) {
      return "image/png";
    }
    if (head.startsWith("\u00ff\u00d8\u00ff")) {
      return "image/jpeg";
    }
    if (head.startsWith("GIF8")) {
      return "image/gif";
    }
    if (head.startsWith("RIFF") && head.endsWith("WEBP")) {
      return "image/webp";
    }
    throw new DataException(
        file
            + ": not an image that endpoints take (found the first bytes "
            + Base64.getEncoder().encodeToString(head.getBytes(StandardCharsets.ISO_8859_1))
            + " in base64, expected PNG, JPEG, GIF or WebP); convert it");
  }

  /// Tokens that a request uses at most, or nearly so: it is not known before.
  static Usage estimate(ChatRequest request) {
    long prompt = 0;
    for (ChatMessage message : request.messages()) {
      for (Part part : message.parts()) {
        prompt +=
            switch (part) {
              case Text(String text) -> bytes(text) / BYTES_PER_TOKEN + 1;
              case Image _ -> TOKENS_PER_IMAGE;
            };
      }
    }
    return new Usage(prompt, request.maxTokens(), true);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /// Reads the body of a reply; nothing where it is none.
  static Optional<ChatReply> reply(String body, Usage estimate) {
    Optional<JsonNode> json = parse(body);
    JsonNode choice = json.map(found -> found.at("/choices/0")).orElse(JSON.missingNode());
    Optional<String> content = content(choice.path("message"));
    if (content.isEmpty()) {
      return Optional.empty();
    }
    boolean refused = choice.at("/message/refusal").isTextual();
    String finish = refused ? "refusal" : choice.path("finish_reason").asText("");
    Usage usage = usage(json.orElseThrow().path("usage"), content.get(), estimate);
    return Optional.of(new ChatReply(content.get(), finish, usage, 0, false));
  }

  private static Optional<String> content(JsonNode message) {
    JsonNode content = message.path("content");
    if (content.isArray()) {
      StringBuilder text = new StringBuilder();
      content.forEach(part -> text.append(part.path("text").asText("")));
      return Optional.of(text.toString());
    }
    if (content.isTextual()) {
      return Optional.of(content.asText());
    }
    return content.isNull() ? Optional.of(message.path("refusal").asText("")) : Optional.empty();
  }

  private static Usage usage(JsonNode usage, String text, Usage estimate) {
    if (usage.path("prompt_tokens").isNumber() && usage.path("completion_tokens").isNumber()) {
      return new Usage(
          usage.get("prompt_tokens").asLong(), usage.get("completion_tokens").asLong(), false);
    }
    return new Usage(estimate.promptTokens(), bytes(text) / BYTES_PER_TOKEN + 1, true);
  }

  static Optional<JsonNode> parse(String text) {
    try {
      return Optional.of(JSON.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
