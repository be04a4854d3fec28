package dev.jlava.data.world;

import dev.jlava.data.conversation.Turn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Data sets made of scenes, written as LLaVA's files: `look.json` (maps and captions of many
/// kinds, to learn to see from), `align.json` (captions), `instruct.json` (conversations, some
/// without a picture), and held-out questions `eval.jsonl` and `validation.json`. Pictures lie
/// under `images`. The same seed and sizes give the same bytes; a set does not change when
/// another's size does.
public final class World {
  private static final int TURNS = 5;
  private static final double TEXT_ONLY = 0.1;

  private final WorldFiles files;
  private final long seed;

  private World(Path directory, long seed) throws IOException {
    this.files = new WorldFiles(directory);
    this.seed = seed;
  }

  /// How many samples each file gets.
  ///
  /// @param instruct conversations, of which a tenth is without a picture
  /// @param validation held-out conversations
  /// @param eval held-out questions, each about its own scene
  public record Sizes(int look, int align, int instruct, int validation, int eval) {}

  /// Writes the files that have a size above zero into a directory, made if missing.
  public static void write(Path directory, Sizes sizes, long seed) throws IOException {
    World world = new World(directory, seed);
    world.look(sizes.look);
    world.captions(sizes.align);
    world.conversations("instruct", sizes.instruct, false);
    world.conversations("validation", sizes.validation, true);
    world.questions(sizes.eval);
  }

  private void look(int count) throws IOException {
    RandomGenerator random = randomOf("look");
    SceneSampler scenes = new SceneSampler(random);
    for (int i = 0; i < count; i++) {
      Scene scene = scenes.next(candidate -> !candidate.heldOut());
      List<String> captions =
          random.nextBoolean() ? SceneText.captions(scene) : SceneText.maps(scene);
      caption("look", scene, captions.get(random.nextInt(captions.size())));
    }
    files.finish("look");
  }

  private void captions(int count) throws IOException {
    SceneSampler scenes = new SceneSampler(randomOf("align"));
    for (int i = 0; i < count; i++) {
      Scene scene = scenes.next(candidate -> !candidate.heldOut());
      caption("align", scene, SceneText.captions(scene).getFirst());
    }
    files.finish("align");
  }

  private void caption(String set, Scene scene, String caption) throws IOException {
    files.add(set, scene, List.of(user("Describe the picture."), assistant(caption)));
  }

  private void conversations(String name, int count, boolean heldOut) throws IOException {
    RandomGenerator random = randomOf(name);
    SceneSampler scenes = new SceneSampler(random);
    AnswerBalance balance = new AnswerBalance(random);
    for (int i = 0; i < count; i++) {
      if (random.nextDouble() < TEXT_ONLY) {
        files.add(name, TextTurns.of(TURNS, random));
      } else {
        Scene scene = scenes.next(candidate -> candidate.heldOut() == heldOut);
        files.add(name, scene, turns(balance.choose(scene, TURNS), random));
      }
    }
    files.finish(name);
  }

  private void questions(int count) throws IOException {
    RandomGenerator random = randomOf("eval");
    SceneSampler scenes = new SceneSampler(random);
    AnswerBalance balance = new AnswerBalance(random);
    for (int i = 0; i < count; i++) {
      Scene scene = scenes.next(Scene::heldOut);
      files.addQuestion(scene, balance.choose(scene, 1).getFirst());
    }
    files.finish("eval");
  }

  private static List<Turn> turns(List<Question> questions, RandomGenerator random) {
    List<Question> order = new ArrayList<>(questions);
    Collections.shuffle(order, random);
    List<Turn> turns = new ArrayList<>();
    for (Question question : order) {
      turns.add(user(question.text()));
      turns.add(assistant(question.answer()));
    }
    return turns;
  }

  private static Turn user(String text) {
    return new Turn(Turn.Role.USER, text);
  }

  private static Turn assistant(String text) {
    return new Turn(Turn.Role.ASSISTANT, text);
  }

  private RandomGenerator randomOf(String set) {
    return new SplittableRandom(31 * seed + set.hashCode());
  }
}
