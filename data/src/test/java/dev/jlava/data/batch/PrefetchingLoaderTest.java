package dev.jlava.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class PrefetchingLoaderTest {
  private static final int TOKENS_PER_IMAGE = 5;
  private static final List<Example> EXAMPLES = new RandomExamples(7).list(30);
  private static final MicroBatches BY_TOKENS = new MicroBatches.Tokens(80);
  private static final MicroBatches ONE_BY_ONE = new MicroBatches.Size(1);

  @Test
  void oneWorkerAndFourYieldTheSame() {
    List<String> one = run(settings(1, BY_TOKENS), Position.START, 9);
    List<String> four = run(settings(4, BY_TOKENS), Position.START, 9);
    assertThat(four).isEqualTo(one);
    assertThat(one).hasSizeGreaterThan(18);
  }

  @Test
  void resumingYieldsWhatTheStraightRunYieldsFromThere() {
    List<String> straight = run(settings(2, BY_TOKENS), Position.START, 9);
    List<String> resumed = run(settings(2, BY_TOKENS), new Position(1, 1), 4);
    assertThat(resumed).isNotEmpty();
    assertThat(straight.subList(straight.size() - resumed.size(), straight.size()))
        .isEqualTo(resumed);
  }

  @Test
  void aStepTellsItsPlanBeforeItsMicroBatches() {
    try (var loader = loader(settings(2, BY_TOKENS), PrefetchingLoaderTest::ready, 1)) {
      LoadedStep step = loader.next().orElseThrow();
      int planned = step.plannedLossTokens();
      int microBatches = step.plannedMicroBatches();
      List<PackedBatch> batches = read(step);
      assertThat(batches).hasSize(microBatches);
      assertThat(batches.stream().mapToInt(b -> b.targets().length).sum()).isEqualTo(planned);
      assertThat(step.report().lossTokens()).isEqualTo(planned);
      assertThat(step.report().dropped()).isEmpty();
      assertThat(loader.next()).isEmpty();
      assertThat(loader.next()).isEmpty();
    }
  }

  @Test
  void theFirstMicroBatchDoesNotWaitForTheLast() {
    CountDownLatch firstIsRead = new CountDownLatch(1);
    Function<Path, float[]> images =
        image -> {
          if (!image.toString().startsWith("first")) {
            await(firstIsRead);
          }
          return new float[1];
        };
    List<Example> examples = List.of(imageOnly("first"), imageOnly("second"));
    try (var loader = loader(settings(2, ONE_BY_ONE), examples, images)) {
      LoadedStep step = loader.next().orElseThrow();
      assertThat(step.next().sampleIds()).containsExactly("first");
      firstIsRead.countDown();
      assertThat(step.next().sampleIds()).containsExactly("second");
      assertThat(step.report().secondsWaited()).isPositive();
    }
  }

  @Test
  void noMoreIsDecodedThanTheLookAheadAllows() throws InterruptedException {
    AtomicInteger decoded = new AtomicInteger();
    List<Example> examples = IntStream.range(0, 20).mapToObj(i -> imageOnly("s" + i)).toList();
    try (var loader =
        loader(
            settings(4, ONE_BY_ONE), examples, image -> new float[] {decoded.incrementAndGet()})) {
      LoadedStep step = loader.next().orElseThrow();
      step.next();
      Thread.sleep(Duration.ofMillis(200));
      // One is handed out, three lie ready.
      assertThat(decoded).hasValue(4);
      assertThat(read(step)).hasSize(19);
    }
  }

  @Test
  void aBrokenImageEndsTheRunNamingSampleAndFile() {
    try (var loader =
        loader(
            settings(2, ONE_BY_ONE),
            List.of(imageOnly("good"), imageOnly("bad")),
            PrefetchingLoaderTest::broken)) {
      LoadedStep step = loader.next().orElseThrow();
      assertThat(step.next().sampleIds()).containsExactly("good");
      assertThatThrownBy(step::next)
          .isInstanceOf(DataException.class)
          .hasMessage("sample 'bad': bad.png: not an image");
    }
  }

  @Test
  void skippedImagesAreCountedAndNamed() {
    LoaderSettings skip = new LoaderSettings(2, 3, ONE_BY_ONE, TOKENS_PER_IMAGE, BadImages.SKIP);
    List<Example> examples = List.of(imageOnly("bad"), imageOnly("good"), imageOnly("bad"));
    try (var loader = loader(skip, examples, PrefetchingLoaderTest::broken)) {
      LoadedStep step = loader.next().orElseThrow();
      assertThat(step.plannedLossTokens()).isEqualTo(3);
      assertThat(read(step)).hasSize(1);
      DroppedSample bad = new DroppedSample("bad", "bad.png: not an image");
      assertThat(step.report().dropped()).containsExactly(bad, bad);
      assertThat(step.report().lossTokens()).isEqualTo(1);
    }
  }

  @Test
  void samplesDroppedBeforeDecodingAndTruncatedOnesAreNamed() {
    DroppedSample tooLong = new DroppedSample("s3", "too long");
    IntFunction<PreparedSample> samples =
        i -> i == 3 ? new PreparedSample.Dropped(tooLong) : ready(i);
    try (var loader = loader(settings(2, BY_TOKENS), samples, 1)) {
      LoadedStep step = loader.next().orElseThrow();
      List<String> seen = read(step).stream().flatMap(b -> b.sampleIds().stream()).toList();
      assertThat(seen).hasSize(7).doesNotContain("s3");
      assertThat(step.report().dropped()).containsExactly(tooLong);
      assertThat(step.report().truncated())
          .isEqualTo(
              seen.stream()
                  .filter(id -> EXAMPLES.get(Integer.parseInt(id.substring(1))).truncated())
                  .toList());
    }
  }

  @Test
  void aSampleThatCannotBePreparedEndsTheRunAtItsStep() {
    IntFunction<PreparedSample> samples =
        i -> {
          if (i == 9) {
            throw new DataException("data.json[9]: empty answer");
          }
          return ready(i);
        };
    try (var loader = loader(settings(2, BY_TOKENS), samples, 3)) {
      assertThat(read(loader.next().orElseThrow())).isNotEmpty();
      assertThatThrownBy(loader::next)
          .isInstanceOf(DataException.class)
          .hasMessage("data.json[9]: empty answer");
      assertThatThrownBy(loader::next).isInstanceOf(DataException.class);
    }
  }

  @Test
  void aFaultOfOursNamesTheSamplesIndex() {
    IntFunction<PreparedSample> samples = i -> ready(i + 100);
    try (var loader = loader(settings(1, BY_TOKENS), samples, 1)) {
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("sample at index 0: java.lang.ArrayIndexOutOfBoundsException");
    }
  }

  @Test
  void aStepIsReadToItsEnd() {
    try (var loader = loader(settings(1, ONE_BY_ONE), PrefetchingLoaderTest::ready, 2)) {
      LoadedStep step = loader.next().orElseThrow();
      step.next();
      assertThatThrownBy(loader::next).hasMessage("the step before is not read to its end");
      assertThatThrownBy(step::report).hasMessage("1 of 8 micro-batches are read");
    }
  }

  @Test
  void closingEndsTheThreads() throws InterruptedException {
    var loader = loader(settings(3, ONE_BY_ONE), PrefetchingLoaderTest::ready, 100);
    loader.next().orElseThrow().next();
    List<Thread> threads = threads();
    assertThat(threads).isNotEmpty();
    loader.close();
    // A pool has ended a moment before its threads have.
    for (Thread thread : threads) {
      thread.join(10_000);
    }
    assertThat(threads()).isEmpty();
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("jlava-data"))
        .toList();
  }

  /// Everything that a run yields, as text.
  private static List<String> run(LoaderSettings settings, Position from, int steps) {
    StepPlan plan = new StepPlan(PrefetchingLoaderTest::epoch, from, steps);
    List<String> result = new ArrayList<>();
    try (var loader =
        new PrefetchingLoader(
            plan, settings, PrefetchingLoaderTest::ready, RandomExamples::pixels)) {
      for (Optional<LoadedStep> step = loader.next(); step.isPresent(); step = loader.next()) {
        for (PackedBatch batch : read(step.get())) {
          result.add(step.get().position() + text(batch));
        }
      }
    }
    return result;
  }

  private static String text(PackedBatch batch) {
    List<String> pixels = batch.pixels().stream().map(Arrays::toString).toList();
    return batch.sampleIds() + Arrays.toString(batch.ids()) + pixels;
  }

  private static EpochOrder epoch(int epoch) {
    int[] lengths = EXAMPLES.stream().mapToInt(e -> e.ids().length).toArray();
    SampleSizes sizes = new SampleSizes(lengths, new boolean[lengths.length]);
    return EpochOrder.of(sizes, epoch > 0, Grouping.NONE, 1, epoch, 8);
  }

  private static PreparedSample ready(int index) {
    return new PreparedSample.Ready(EXAMPLES.get(index));
  }

  private static LoaderSettings settings(int workers, MicroBatches microBatches) {
    return new LoaderSettings(workers, 3, microBatches, TOKENS_PER_IMAGE, BadImages.ERROR);
  }

  private static PrefetchingLoader loader(
      LoaderSettings settings, IntFunction<PreparedSample> samples, int steps) {
    StepPlan plan = new StepPlan(PrefetchingLoaderTest::epoch, Position.START, steps);
    return new PrefetchingLoader(plan, settings, samples, RandomExamples::pixels);
  }

  /// One step of the given examples.
  private static PrefetchingLoader loader(
      LoaderSettings settings, List<Example> examples, Function<Path, float[]> images) {
    int[] all = IntStream.range(0, examples.size()).toArray();
    StepPlan plan = new StepPlan(_ -> new EpochOrder(all, all.length), Position.START, 1);
    return new PrefetchingLoader(
        plan, settings, i -> new PreparedSample.Ready(examples.get(i)), images);
  }

  private static float[] broken(Path image) {
    if (image.startsWith("bad.png")) {
      throw new DataException(image + ": not an image");
    }
    return new float[1];
  }

  private static Example imageOnly(String id) {
    int[] ids = {Example.IMAGE, 5};
    return new Example(
        id, ids, new int[] {Example.IGNORE, 5}, List.of(Path.of(id + ".png")), false);
  }

  private static List<PackedBatch> read(LoadedStep step) {
    List<PackedBatch> batches = new ArrayList<>();
    step.forEachRemaining(batches::add);
    return batches;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Assertions.fail("interrupted", e);
    }
  }
}
