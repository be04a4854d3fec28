package dev.jlava.eval.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.run.AskedModel.Answered;
import dev.jlava.eval.run.AskedModel.Asked;
import dev.jlava.eval.task.Item;
import dev.jlava.eval.task.Mark;
import dev.jlava.eval.task.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A task asked of one model: the answers that are missing are generated and kept, all of them
/// scored.
final class TaskAnswers {
  private final TaskPlan plan;
  private final TaskDirectory directory;
  private final Map<Path, String> hashes = new HashMap<>();

  TaskAnswers(TaskPlan plan, TaskDirectory directory) {
    this.plan = plan;
    this.directory = directory;
  }

  /// Asks what a shard has not asked yet.
  ///
  /// @param model is only loaded where something is missing
  /// @param answered hears how many of the shard's answers are there
  /// @return whether the answers of all shards are there
  boolean ask(Shard shard, Supplier<AskedModel> model, IntConsumer answered) {
    List<Integer> places = shard.of(plan.order());
    if (Files.exists(directory.answers())) {
      List<Asked> all = plan.items().stream().map(item -> put(item, model.get())).toList();
      new AnswerFile(directory.answers()).check(rendered(all));
      answered.accept(places.size());
      return true;
    }
    AnswerFile part = new AnswerFile(directory.path().resolve(shard.file()));
    List<Asked> asked =
        places.stream().map(place -> put(plan.items().get(place), model.get())).toList();
    int done = part.check(rendered(asked));
    answered.accept(done);
    List<Asked> missing = asked.subList(done, asked.size());
    Waiting waiting = new Waiting(part, missing, count -> answered.accept(done + count));
    if (!missing.isEmpty()) {
      List<Integer> rest = places.subList(done, places.size());
      model.get().answer(missing, rest, plan.maxNewTokens(), waiting::add);
    }
    return directory.merge(shard.all(), plan.order());
  }

  private static List<String> rendered(List<Asked> asked) {
    return asked.stream().map(Asked::rendered).toList();
  }

  private Asked put(Item item, AskedModel model) {
    return model.put(item, plan.shots().before(item));
  }

  /// Answers that have come in before others in front of them.
  private final class Waiting {
    private final AnswerFile file;
    private final List<Asked> asked;
    private final IntConsumer written;
    private final Map<Integer, ObjectNode> lines = new HashMap<>();
    private int next;

    Waiting(AnswerFile file, List<Asked> asked, IntConsumer written) {
      this.file = file;
      this.asked = asked;
      this.written = written;
    }

    /// Writes it and those that waited for it, in order.
    void add(Answered answered) {
      lines.put(answered.index(), line(asked.get(answered.index()), answered));
      List<ObjectNode> ready = new ArrayList<>();
      for (ObjectNode line = lines.remove(next); line != null; line = lines.remove(++next)) {
        ready.add(line);
      }
      if (!ready.isEmpty()) {
        file.add(ready);
        written.accept(next);
      }
    }
  }

  private ObjectNode line(Asked asked, Answered answered) {
    Item item = asked.item();
    ObjectNode line = Json.object();
    line.set("question_id", item.id());
    if (!item.category().isEmpty()) {
      line.put("category", item.category());
    }
    line.put("prompt", item.prompt()).put("question", item.question());
    line.put("rendered", asked.rendered());
    ArrayNode images = line.putArray("images");
    for (Path image : asked.images()) {
      images.addObject().put("path", image.toString()).put("sha256", hash(image));
    }
    if (!item.reference().isNull()) {
      line.set("reference", item.reference());
    }
    line.put("text", answered.answer().text().strip());
    line.put("prompt_tokens", answered.promptTokens());
    line.put("new_tokens", answered.answer().newIds().length);
    line.put("seconds", answered.seconds());
    line.put("ending", answered.answer().ending().name().toLowerCase(Locale.ROOT));
    return line.put("shots", plan.settings().shots());
  }

  private String hash(Path image) {
    return hashes.computeIfAbsent(
        image,
        file -> {
          try {
            return Checkpoints.sha256(file);
          } catch (IOException e) {
            throw new DataException(file + ": cannot be read (" + e + ")", e);
          }
        });
  }

  /// Scores the answers, or the reviews of them where the task is judged, and writes the score.
  ///
  /// @return none where the task is judged and there are no reviews
  Optional<Score> score() {
    ScoreFile file = new ScoreFile(plan.task(), plan.settings().label(), directory.path());
    if (plan.task().isJudged()) {
      return file.judged(plan.settings().judge());
    }
    if (!Files.exists(directory.answers())) {
      return Optional.empty();
    }
    Score score = plan.score(directory.answers(), directory.path());
    file.write(score, inOrder(score.marks()));
    return Optional.of(score);
  }

  /// The marks in the answers' order, where ids tell which is whose.
  private List<Mark> inOrder(List<Mark> marks) {
    Map<String, Mark> byId = new HashMap<>();
    marks.forEach(mark -> byId.put(mark.id(), mark));
    if (byId.size() < marks.size()) {
      return marks;
    }
    List<Mark> ordered = new ArrayList<>();
    for (Item item : plan.items()) {
      @Nullable Mark mark = byId.get(item.id().asText());
      if (mark != null) {
        ordered.add(mark);
      }
    }
    return ordered;
  }
}
