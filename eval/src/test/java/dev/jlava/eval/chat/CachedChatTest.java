package dev.jlava.eval.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CachedChatTest {
  @TempDir private Path directory;

  /// A model that counts what it is asked.
  private static final class Counting implements ChatModel {
    private final String name;
    private final List<ChatRequest> asked = new ArrayList<>();

    Counting(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public ChatReply reply(ChatRequest request) {
      asked.add(request);
      return new ChatReply(
          "answer " + asked.size() + " 答", "stop", new ChatReply.Usage(7, 3, true), 1.5, false);
    }

    @Override
    public int concurrency() {
      return 1;
    }

    @Override
    public void close() {}
  }

  private static ChatRequest request(String text, double temperature, int sample) {
    return new ChatRequest(List.of(ChatMessage.user(text)), temperature, 9, null, sample);
  }

  @Test
  void whatWasAnsweredOnceIsNotAskedAgain() throws Exception {
    Counting model = new Counting("m");
    ChatReply first = new CachedChat(model, directory).reply(request("a", 0, 0));
    ChatReply again = new CachedChat(model, directory).reply(request("a", 0, 0));
    assertThat(model.asked).hasSize(1);
    assertThat(again)
        .isEqualTo(
            new ChatReply(first.text(), first.finish(), first.usage(), first.seconds(), true));
  }

  @Test
  void anythingElseIsAskedForItself() throws Exception {
    Counting model = new Counting("m");
    Path image = Files.write(directory.resolve("i.png"), new byte[] {1});
    ChatRequest withImage =
        new ChatRequest(
            List.of(new ChatMessage(ChatMessage.Role.USER, List.of(new ChatMessage.Image(image)))),
            0,
            9,
            null,
            0);
    CachedChat cached = new CachedChat(model, directory.resolve("cache"));
    cached.reply(request("a", 0, 0));
    cached.reply(request("b", 0, 0));
    cached.reply(request("a", 0.5, 0));
    cached.reply(request("a", 0, 1));
    cached.reply(new ChatRequest(request("a", 0, 0).messages(), 0, 8, null, 0));
    cached.reply(new ChatRequest(request("a", 0, 0).messages(), 0, 9, 1L, 0));
    cached.reply(withImage);
    Files.write(image, new byte[] {2});
    cached.reply(withImage);
    assertThat(model.asked).hasSize(8);
    Counting other = new Counting("n");
    new CachedChat(other, directory.resolve("cache")).reply(request("a", 0, 0));
    assertThat(other.asked).hasSize(1);
  }

  @Test
  void nothingIsLeftHalfWrittenAndBrokenFilesAreNamed() throws Exception {
    CachedChat cached = new CachedChat(new Counting("m"), directory);
    cached.reply(request("a", 0, 0));
    List<Path> files = files();
    assertThat(files).hasSize(1);
    Files.writeString(files.getFirst(), "{\"request\":");
    assertThatThrownBy(() -> cached.reply(request("a", 0, 0)))
        .isInstanceOf(DataException.class)
        .hasMessage(files.getFirst() + ": no kept reply; delete the file");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
