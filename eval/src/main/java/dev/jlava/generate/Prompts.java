package dev.jlava.generate;

import dev.jlava.data.batch.SampleEncoder;
import dev.jlava.data.conversation.Rendered;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.conversation.Turn;
import dev.jlava.data.token.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/// Makes prompts for one model from questions or from texts as they are.
public final class Prompts {
  private final Tokenizer tokenizer;
  private final Function<Path, float[]> pixels;

  /// @param pixels the model's image processor
  public Prompts(Tokenizer tokenizer, Function<Path, float[]> pixels) {
    this.tokenizer = tokenizer;
    this.pixels = pixels;
  }

  /// A question, written by a template. Without `<image>` marks in its text it gets one for each
  /// image; marks go in front of the text, as in training.
  ///
  /// @throws dev.jlava.data.DataException where the text has marks, but not one for each image
  public Prompt question(Template template, String text, List<Path> images) {
    return conversation(template, List.of(asking(text, images.size())), images);
  }

  /// A user's turn about images. Without `<image>` marks in its text it gets one for each image.
  public static Turn asking(String text, int numImages) {
    int missing = Rendered.marks(text) == 0 ? numImages : 0;
    return new Turn(Turn.Role.USER, (Rendered.IMAGE + "\n").repeat(missing) + text);
  }

  /// The next answer of a conversation, whose last turn is the user's.
  ///
  /// @param images those of all turns, in the order of the marks
  /// @throws dev.jlava.data.DataException where there are more or fewer marks than images
  public Prompt conversation(Template template, List<Turn> turns, List<Path> images) {
    return prompt(encoder(template).encodePrompt(turns, images.size()), images);
  }

  /// The text of a conversation as the model reads it, `<image>` marks where images go.
  public String rendered(Template template, List<Turn> turns) {
    return encoder(template).prompt(turns).text();
  }

  /// A text as it is, `<image>` marks included.
  ///
  /// @throws dev.jlava.data.DataException where it has not one mark for each image
  public Prompt raw(String text, List<Path> images) {
    Rendered whole = new Rendered(List.of(new Rendered.Span(text, false)));
    return prompt(encoder(Template.named("plain")).encodePrompt(whole, images.size()), images);
  }

  private SampleEncoder encoder(Template template) {
    return new SampleEncoder(
        template, tokenizer, Integer.MAX_VALUE, 1, SampleEncoder.TooLong.ERROR);
  }

  private Prompt prompt(int[] ids, List<Path> images) {
    return new Prompt(ids, images, images.stream().map(pixels).toList());
  }
}
