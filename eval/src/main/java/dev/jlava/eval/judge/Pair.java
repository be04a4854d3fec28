package dev.jlava.eval.judge;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.eval.chat.ChatMessage;
import dev.jlava.eval.chat.ChatMessage.Image;
import dev.jlava.eval.chat.ChatMessage.Part;
import dev.jlava.eval.chat.ChatMessage.Role;
import dev.jlava.eval.chat.ChatMessage.Text;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Two answers to a question, and all that the judge may know.
///
/// @param category as reviews name it, such as `llava_bench_conv`
/// @param context what the image shows, in words; empty if nothing was said
/// @param image the image's name; empty if there is none
/// @param shown image files that the judge sees
public record Pair(
    JsonNode questionId,
    String category,
    Rules.Rule rule,
    String question,
    String context,
    String image,
    List<Path> shown,
    Side reference,
    Side model) {
  public Pair {
    shown = List.copyOf(shown);
  }

  /// What tells the question from others.
  String id() {
    return questionId.asText();
  }

  /// An answer.
  ///
  /// @param id the answer's, or the question's if it has none
  public record Side(JsonNode id, String text) {}

  /// Which answer the judge reads first.
  public enum Order {
    REFERENCE_FIRST,
    MODEL_FIRST
  }

  /// The messages, laid out as LLaVA's `eval_gpt_review*.py` do.
  public List<ChatMessage> messages(String system, Order order) {
    StringBuilder text = new StringBuilder();
    if (!context.isEmpty()) {
      text.append("[Context]\n").append(context).append("\n\n");
    }
    text.append("[Question]\n").append(question).append("\n\n");
    boolean first = order == Order.REFERENCE_FIRST;
    side(text, "1", first ? reference : model);
    side(text, "2", first ? model : reference);
    text.append("[System]\n").append(rule.prompt()).append("\n\n");
    List<Part> parts = new ArrayList<>();
    shown.forEach(file -> parts.add(new Image(file)));
    parts.add(new Text(text.toString()));
    return List.of(ChatMessage.system(system), new ChatMessage(Role.USER, parts));
  }

  private void side(StringBuilder text, String number, Side side) {
    String name = rule.role() + " " + number;
    text.append("[%s]\n".formatted(name))
        .append(side.text())
        .append("\n\n[End of %s]\n\n".formatted(name));
  }
}
