package dev.jlava.eval.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.chat.ChatReply.Usage;
import dev.jlava.eval.json.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A model whose replies are kept in a folder, one file each, named by the request's hash: what was
/// answered once is not asked again. A reply is on disk before it is given out.
public final class CachedChat implements ChatModel {
  private final ChatModel model;
  private final Path directory;

  public CachedChat(ChatModel model, Path directory) {
    this.model = model;
    this.directory = directory;
  }

  @Override
  public String name() {
    return model.name();
  }

  @Override
  public int concurrency() {
    return model.concurrency();
  }

  @Override
  public ChatReply reply(ChatRequest request) throws InterruptedException {
    String hash = RequestHash.of(name(), request);
    Path file = directory.resolve(hash.substring(0, 2)).resolve(hash + ".json");
    if (Files.isRegularFile(file)) {
      return read(file);
    }
    ChatReply reply = model.reply(request);
    ObjectNode kept = JsonNodeFactory.instance.objectNode();
    kept.set("request", RequestHash.content(name(), request));
    kept.set("reply", json(reply));
    WholeFile.write(file, kept + "\n");
    return reply;
  }

  private static ObjectNode json(ChatReply reply) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("text", reply.text())
        .put("finish", reply.finish())
        .put("prompt_tokens", reply.usage().promptTokens())
        .put("completion_tokens", reply.usage().completionTokens())
        .put("estimated", reply.usage().estimated())
        .put("seconds", reply.seconds());
  }

  private static ChatReply read(Path file) {
    try {
      JsonNode reply =
          ChatJson.parse(Files.readString(file))
              .map(kept -> kept.path("reply"))
              .filter(kept -> kept.path("text").isTextual())
              .orElseThrow(() -> new DataException(file + ": no kept reply; delete the file"));
      Usage usage =
          new Usage(
              reply.path("prompt_tokens").asLong(),
              reply.path("completion_tokens").asLong(),
              reply.path("estimated").asBoolean());
      return new ChatReply(
          reply.get("text").asText(),
          reply.path("finish").asText(),
          usage,
          reply.path("seconds").asDouble(),
          true);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read (" + e + "); delete the file", e);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
