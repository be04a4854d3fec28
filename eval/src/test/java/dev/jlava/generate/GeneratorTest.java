package dev.jlava.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import dev.jlava.data.batch.Example;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.testing.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// What sequences are decoded together with changes none of them.
final class GeneratorTest {
  private static final Engine ENGINE = Engine.start(new Device.Cpu(), 1);
  private static final Scope SCOPE = new Scope();
  private static final VisionLanguageModel MODEL =
      LlavaDirectory.open(Golden.path("train/hf")).load(ENGINE, SCOPE, ScalarType.F32);
  private static final int NEW = 12;

  private final Generator generator = new Generator(ENGINE, MODEL);

  @AfterAll
  static void end() {
    SCOPE.close();
    ENGINE.close();
  }

  @Test
  void sequencesComeOutTogetherAsTheyDoAlone() {
    List<Prompt> prompts =
        List.of(
            text(1, 5), image(2, 9, 0), text(3, 40), image(4, 3, 1), image(5, 21, 0), text(6, 1));
    List<List<Integer>> alone =
        prompts.stream().map(prompt -> ids(List.of(prompt)).get(0)).toList();
    assertThat(ids(prompts)).isEqualTo(alone);
    assertThat(ids(prompts.reversed())).isEqualTo(alone.reversed());
    assertThat(alone).doesNotHaveDuplicates();
  }

  @Test
  void promptsAboutOneImageShareWhatTheyBeginWithAndComeOutTheSame() {
    Prompt one = image(2, 9, 0);
    int[] other = one.ids().clone();
    other[other.length - 1] = other[other.length - 1] == 7 ? 8 : 7;
    List<Prompt> prompts =
        List.of(
            one,
            new Prompt(other, one.images(), one.pixels()),
            one.until(one.ids().length - 3),
            one,
            image(3, 4, 1));
    List<List<Integer>> alone =
        prompts.stream().map(prompt -> ids(List.of(prompt)).get(0)).toList();
    assertThat(ids(prompts)).isEqualTo(alone);
    assertThat(alone.get(0)).isNotEqualTo(alone.get(2));
  }

  /// Two at a time: the third begins when the first has ended, and so on.
  @Test
  void aSequenceThatEndsGivesItsPlaceToTheNext() {
    List<Prompt> prompts =
        List.of(text(1, 5), image(2, 9, 0), text(3, 7), image(2, 9, 0), image(5, 4, 0), text(6, 1));
    List<List<Integer>> alone =
        prompts.stream().map(prompt -> ids(List.of(prompt)).get(0)).toList();
    long before = ENGINE.liveTensors();
    int[] most = {2, NEW, 1, 5, NEW, 3};
    List<Integer> taken = new ArrayList<>();
    List<Generator.Request> requests = new ArrayList<>();
    for (int i = 0; i < most.length; i++) {
      requests.add(new Generator.Request(prompts.get(i), most[i], Sampling.GREEDY, id -> true));
    }
    Map<Integer, List<Integer>> found = new LinkedHashMap<>();
    Map<Integer, Integer> takenBefore = new HashMap<>();
    Iterator<Generator.Request> each =
        requests.stream().peek(request -> taken.add(taken.size())).iterator();
    generator.generate(
        each,
        2,
        one -> {
          assertThat(one.seconds()).isPositive();
          found.put(one.place(), boxed(one.ids()));
          takenBefore.put(one.place(), taken.size());
        });
    assertThat(found.keySet()).containsExactly(0, 2, 3, 1, 5, 4);
    assertThat(takenBefore.get(0)).as("two, and the one that a stream looks at").isEqualTo(3);
    for (int i = 0; i < most.length; i++) {
      assertThat(found.get(i)).isEqualTo(alone.get(i).subList(0, most[i]));
    }
    assertThat(ENGINE.liveTensors()).isEqualTo(before);
  }

  /// The second prompt's image has the first one's name and other pixels: what it says is what was
  /// read for the first.
  @Test
  void whatFollowsOnAnImageIsReadWithoutIt() {
    Prompt one = image(2, 9, 0);
    Prompt other = new Prompt(one.ids(), one.images(), image(2, 9, 1).pixels());
    List<List<Integer>> alone = List.of(ids(List.of(one)).get(0), ids(List.of(other)).get(0));
    assertThat(alone.get(1)).isNotEqualTo(alone.get(0));
    assertThat(oneByOne(List.of(one, other, one)))
        .containsExactly(alone.get(0), alone.get(0), alone.get(0));
    assertThat(oneByOne(List.of(one, image(3, 9, 1), other)))
        .as("another image came between them")
        .element(2)
        .isEqualTo(alone.get(1));
  }

  private List<List<Integer>> oneByOne(List<Prompt> prompts) {
    List<List<Integer>> found = new ArrayList<>();
    generator.generate(
        prompts.stream()
            .map(prompt -> new Generator.Request(prompt, NEW, Sampling.GREEDY, id -> true))
            .iterator(),
        1,
        one -> found.add(boxed(one.ids())));
    return found;
  }

  @Test
  void anImageThatEndsAPromptIsReadWithIt() {
    Prompt whole = image(2, 9, 0);
    Prompt ends = whole.until(whole.afterImages());
    List<List<Integer>> alone = List.of(ids(List.of(whole)).get(0), ids(List.of(ends)).get(0));
    assertThat(ids(List.of(whole, ends))).isEqualTo(alone);
  }

  @Test
  void aSequenceThatEndsLeavesTheOthersAndNothingBehind() {
    List<Prompt> prompts = List.of(text(1, 5), image(2, 9, 0), text(3, 7));
    List<List<Integer>> whole = ids(prompts);
    long before = ENGINE.liveTensors();
    List<Generator.Request> requests = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      int most = i == 1 ? 3 : NEW;
      int[] left = {i == 2 ? 5 : NEW};
      requests.add(
          new Generator.Request(prompts.get(i), most, Sampling.GREEDY, id -> --left[0] > 0));
    }
    List<int[]> found = generator.generate(requests);
    assertThat(boxed(found.get(0))).isEqualTo(whole.get(0));
    assertThat(boxed(found.get(1))).isEqualTo(whole.get(1).subList(0, 3));
    assertThat(boxed(found.get(2))).isEqualTo(whole.get(2).subList(0, 5));
    assertThat(ENGINE.liveTensors()).isEqualTo(before);
  }

  @Test
  void drawnTokensAreASequencesOwn() {
    Sampling drawn = new Sampling(1.5, 0, 1, 1, 11);
    List<Generator.Request> requests =
        List.of(
            new Generator.Request(text(1, 5), NEW, drawn, id -> true),
            new Generator.Request(text(3, 7), NEW, Sampling.GREEDY, id -> true));
    List<int[]> together = generator.generate(requests);
    assertThat(together.get(0)).containsExactly(generator.generate(requests.get(0)));
    assertThat(together.get(1)).containsExactly(generator.generate(requests.get(1)));
  }

  @Test
  void aPromptThatIsTooLongIsRefusedAndLeavesNothingBehind() {
    long before = ENGINE.liveTensors();
    int most = MODEL.decoder().config().maxPositionEmbeddings();
    assertThatThrownBy(() -> ids(List.of(text(1, 5), text(2, most + 1))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("found " + (most + 1) + " tokens")
        .hasMessageContaining("allowed " + most);
    assertThat(ENGINE.liveTensors()).isEqualTo(before);
  }

  private List<List<Integer>> ids(List<Prompt> prompts) {
    return generator
        .generate(
            prompts.stream()
                .map(prompt -> new Generator.Request(prompt, NEW, Sampling.GREEDY, id -> true))
                .toList())
        .stream()
        .map(GeneratorTest::boxed)
        .toList();
  }

  private static List<Integer> boxed(int[] ids) {
    return IntStream.of(ids).boxed().toList();
  }

  private static Prompt text(long seed, int length) {
    return Prompt.ofText(new SplittableRandom(seed).ints(length, 3, 300).toArray());
  }

  /// Some tokens, an image, more tokens.
  private static Prompt image(long seed, int length, int image) {
    int[] ids = new SplittableRandom(seed).ints(length + 3, 3, 300).toArray();
    ids[2] = Example.IMAGE;
    int side = MODEL.vision().config().imageSize();
    double[] values = new SplittableRandom(image).doubles(3L * side * side, -1, 1).toArray();
    float[] pixels = new float[values.length];
    IntStream.range(0, pixels.length).forEach(i -> pixels[i] = (float) values[i]);
    return new Prompt(ids, List.of(Path.of("image-" + image)), List.of(pixels));
  }
}
