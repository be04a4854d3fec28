package dev.jlava.data.batch;

import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Rendered;
import dev.jlava.data.conversation.Rendered.Span;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.conversation.Turn;
import dev.jlava.data.conversation.Turn.Role;
import dev.jlava.data.source.Sample;
import dev.jlava.data.token.Encoding;
import dev.jlava.data.token.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Samples to ids and labels. Labels come from the spans that the template recorded, so text that
/// looks like a separator cannot shift them. Thread-safe.
public final class SampleEncoder {
  /// What becomes of a sample that is longer than the model allows; the recipe's
  /// `problems.too_long`.
  public enum TooLong {
    /// An error that names the sample.
    ERROR,
    /// It is cut at its end.
    TRUNCATE,
    /// It is left out, counted and named.
    SKIP
  }

  private final Template template;
  private final Tokenizer tokenizer;
  private final int maxTokens;
  private final int tokensPerImage;
  private final TooLong tooLong;

  /// @param maxTokens longest sequence, each image counted as `tokensPerImage`
  /// @param tooLong what becomes of a longer sample
  public SampleEncoder(
      Template template, Tokenizer tokenizer, int maxTokens, int tokensPerImage, TooLong tooLong) {
    this.template = template;
    this.tokenizer = tokenizer;
    this.maxTokens = maxTokens;
    this.tokensPerImage = tokensPerImage;
    this.tooLong = tooLong;
  }

  /// The ids and labels of a sample, unless it is left out.
  ///
  /// @throws DataException where the sample cannot be learned from
  public PreparedSample prepare(Sample sample) {
    check(template, sample);
    Ids ids = ids(sample);
    int length = ids.length(tokensPerImage);
    boolean skip = tooLong == TooLong.SKIP || (tooLong == TooLong.TRUNCATE && !canBeCut(ids));
    if (skip && length > maxTokens) {
      String reason =
          "%s: too long (found %d tokens, images included, allowed %d%s)"
              .formatted(
                  sample.origin(),
                  length,
                  maxTokens,
                  tooLong == TooLong.SKIP ? "" : ", and no answer within these");
      return new PreparedSample.Dropped(new DroppedSample(sample.id(), reason));
    }
    return new PreparedSample.Ready(example(sample, ids));
  }

  /// Whether something to learn is left, and every image, where the sample is cut at its end.
  private boolean canBeCut(Ids ids) {
    int room = room(ids);
    return room > ids.ids.lastIndexOf(Example.IMAGE)
        && ids.learned.subList(0, Math.min(Math.max(room, 0), ids.learned.size())).contains(true);
  }

  /// How many ids fit, when all images do.
  private int room(Ids ids) {
    int images = (int) ids.ids.stream().filter(i -> i == Example.IMAGE).count();
    return maxTokens - images * (tokensPerImage - 1);
  }

  /// The ids and labels of a sample.
  ///
  /// @throws DataException where the sample cannot be learned from
  public Example encode(Sample sample) {
    check(template, sample);
    return example(sample, ids(sample));
  }

  private Ids ids(Sample sample) {
    List<Turn> turns = sample.turns().stream().map(this::imagesFirst).toList();
    Ids ids = new Ids();
    if (tokenizer.addsBos()) {
      ids.add(tokenizer.bosId().orElseThrow(), false);
    }
    tokenise(template.render(turns), ids);
    return ids;
  }

  private Example example(Sample sample, Ids ids) {
    boolean long_ = ids.length(tokensPerImage) > maxTokens;
    if (long_) {
      shorten(sample, ids);
    }
    if (ids.learned.stream().noneMatch(l -> l)) {
      throw problem(
          sample,
          "nothing to learn (found no answer token within "
              + maxTokens
              + " tokens); raise model.max_tokens or leave the sample out");
    }
    int[] flat = ids.ids.stream().mapToInt(i -> i).toArray();
    int[] labels = new int[flat.length];
    Arrays.setAll(labels, i -> ids.learned.get(i) ? flat[i] : Example.IGNORE);
    return new Example(sample.id(), flat, labels, sample.images(), long_);
  }

  /// The ids of the prompt that asks for an answer to turns, images in front of theirs as in
  /// training.
  ///
  /// @throws DataException where the turns have another number of `<image>` marks than images
  public int[] encodePrompt(List<Turn> turns, int numImages) {
    return encodePrompt(prompt(turns), numImages);
  }

  /// The text that asks for an answer to turns, images in front of theirs as in training.
  public Rendered prompt(List<Turn> turns) {
    return template.prompt(turns.stream().map(this::imagesFirst).toList());
  }

  /// The ids of a prompt as it is, with [Example#IMAGE] where images go.
  ///
  /// @throws DataException where the prompt has another number of `<image>` marks than images
  public int[] encodePrompt(Rendered prompt, int numImages) {
    int marks = Rendered.marks(prompt.text());
    if (marks != numImages) {
      throw new DataException(
          "prompt: image count and <image> marks differ (found "
              + numImages
              + " images, "
              + marks
              + " marks); give each image one mark");
    }
    Ids ids = new Ids();
    if (tokenizer.addsBos()) {
      ids.add(tokenizer.bosId().orElseThrow(), false);
    }
    tokenise(prompt, ids);
    return ids.ids.stream().mapToInt(i -> i).toArray();
  }

  /// Checks what needs no tokenizer: the roles, the answers, the images.
  ///
  /// @throws DataException where the sample cannot be learned from
  public static void check(Template template, Sample sample) {
    List<Turn> turns = sample.turns();
    for (int i = 0; i < turns.size(); i++) {
      Role expected = i % 2 == 0 ? Role.USER : Role.ASSISTANT;
      if (turns.get(i).role() != expected) {
        throw problem(
            sample,
            "roles do not alternate (turn "
                + (i + 1)
                + ": found "
                + name(turns.get(i).role())
                + ", expected "
                + name(expected)
                + "); start with human and alternate");
      }
      if (expected == Role.ASSISTANT && turns.get(i).text().isBlank()) {
        throw problem(
            sample, "empty answer (turn " + (i + 1) + "); write the answer or leave the turn out");
      }
    }
    if (turns.size() % 2 != 0 || turns.isEmpty()) {
      throw problem(
          sample,
          "the last turn has no answer (found "
              + turns.size()
              + " turns, expected an even number); add the answer or drop the turn");
    }
    images(template, sample);
  }

  private static void images(Template template, Sample sample) {
    int marks = 0;
    for (Turn turn : sample.turns()) {
      marks += Rendered.marks(turn.text());
    }
    boolean plain = template.style() == Template.Style.PLAIN;
    if (plain && (sample.turns().size() != 2 || sample.images().size() != 1)) {
      throw problem(
          sample,
          "template plain takes one image, one question and one caption (found "
              + sample.images().size()
              + " images, "
              + sample.turns().size()
              + " turns); use another template for this data");
    }
    if (marks != sample.images().size()) {
      throw problem(
          sample,
          "image count and <image> marks differ (found "
              + sample.images().size()
              + " images, "
              + marks
              + " marks); give each image one mark");
    }
  }

  private static String name(Role role) {
    return role == Role.USER ? "human" : "gpt";
  }

  private static DataException problem(Sample sample, String what) {
    return new DataException(sample.origin() + ": sample '" + sample.id() + "': " + what);
  }

  /// Images move to the front of their turn, one line each, as LLaVA's `preprocess_multimodal` does
  /// with one.
  private Turn imagesFirst(Turn turn) {
    int count = Rendered.marks(turn.text());
    if (count == 0) {
      return turn;
    }
    String rest = turn.text().replace(Rendered.IMAGE, "").strip();
    String marks = (template.imageMark() + "\n").repeat(count);
    return new Turn(turn.role(), (marks + rest).strip());
  }

  private void tokenise(Rendered rendered, Ids ids) {
    if (template.tokenisesSpansApart()) {
      rendered.spans().forEach(span -> chunks(span.text(), flags(List.of(span)), ids));
    } else {
      chunks(rendered.text(), flags(rendered.spans()), ids);
    }
  }

  private static boolean[] flags(List<Span> spans) {
    boolean[] learned = new boolean[spans.stream().mapToInt(s -> s.text().length()).sum()];
    int at = 0;
    for (Span span : spans) {
      Arrays.fill(learned, at, at + span.text().length(), span.learned());
      at += span.text().length();
    }
    return learned;
  }

  /// Each stretch between images is tokenised by itself, as LLaVA's `tokenizer_image_token` does.
  private void chunks(String text, boolean[] learned, Ids ids) {
    int from = 0;
    for (int at = text.indexOf(Rendered.IMAGE); at >= 0; ) {
      chunk(text, from, at, learned, ids);
      ids.add(Example.IMAGE, false);
      from = at + Rendered.IMAGE.length();
      at = text.indexOf(Rendered.IMAGE, from);
    }
    chunk(text, from, text.length(), learned, ids);
  }

  private void chunk(String text, int from, int to, boolean[] learned, Ids ids) {
    if (from == to) {
      return;
    }
    Encoding encoding = tokenizer.encodeWithEnds(text.substring(from, to));
    for (int i = 0; i < encoding.ids().length; i++) {
      boolean visible = encoding.ends()[i] > encoding.starts()[i];
      int place = from + (visible ? encoding.ends()[i] - 1 : encoding.ends()[i]);
      ids.add(encoding.ids()[i], learned[Math.min(place, to - 1)]);
    }
  }

  private void shorten(Sample sample, Ids ids) {
    int found = ids.length(tokensPerImage);
    int last = ids.ids.lastIndexOf(Example.IMAGE);
    int room = room(ids);
    if (tooLong != TooLong.TRUNCATE || room <= last) {
      throw problem(
          sample,
          "too long (found "
              + found
              + " tokens, images included, allowed "
              + maxTokens
              + "); raise model.max_tokens, or set problems.too_long to truncate or skip");
    }
    ids.ids.subList(room, ids.ids.size()).clear();
    ids.learned.subList(room, ids.learned.size()).clear();
  }

  /// Ids as they are found, each learned or not.
  private static final class Ids {
    private final List<Integer> ids = new ArrayList<>();
    private final List<Boolean> learned = new ArrayList<>();

    void add(int id, boolean isLearned) {
      ids.add(id);
      learned.add(isLearned);
    }

    int length(int tokensPerImage) {
      int images = (int) ids.stream().filter(i -> i == Example.IMAGE).count();
      return ids.size() + images * (tokensPerImage - 1);
    }
  }
}
