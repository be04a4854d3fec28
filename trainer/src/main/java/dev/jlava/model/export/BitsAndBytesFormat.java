package dev.jlava.model.export;

import dev.jlava.adapter.Quantisation;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.model.DecoderWriter;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.LlamaDecoder;
import dev.jlava.model.LlavaWriter;
import dev.jlava.model.ModelException;
import dev.jlava.model.PartLoader;
import dev.jlava.model.TextModel;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.model.WeightType;
import java.nio.file.Path;

/// Hugging Face's layout with the decoder's linear layers in 4 bits, as transformers saves a model
/// that bitsandbytes has quantised. What is read back is compared with the quantised model.
record BitsAndBytesFormat(Quantisation quantisation) implements ExportFormat {
  @Override
  public boolean keepsAdapters() {
    return false;
  }

  @Override
  public LanguageModel prepared(Engine engine, Scope scope, LanguageModel model) {
    if (model.parts().stream().anyMatch(part -> !part.adapters().isEmpty())) {
      throw new ModelException(
          "the model has adapters, which 4 bits cannot take in; fold them in with ./jlava model"
              + " merge first, then write what that gives");
    }
    LlamaDecoder plain = model.decoder();
    if (!plain.part().quantised().isEmpty()) {
      return model;
    }
    PartLoader loader = new PartLoader(engine, scope, model.type(), quantisation);
    LlamaDecoder decoder = new LlamaDecoder(plain.config(), loader.quantised(plain.part()));
    return switch (model) {
      case TextModel(_, var type) -> new TextModel(decoder, type);
      case VisionLanguageModel whole ->
          new VisionLanguageModel(
              whole.vision(), whole.projector(), decoder, whole.features(), whole.type());
    };
  }

  @Override
  public void write(Written written, Path target) {
    WeightType type = WeightType.of(written.model().type());
    switch (written.model()) {
      case VisionLanguageModel model ->
          new LlavaWriter(written.source().files(), written.card(), written.notes())
              .as(type)
              .keepingQuantised()
              .write(model, target);
      case TextModel(var decoder, _) ->
          new DecoderWriter(written.source().files().decoder(), type)
              .keepingQuantised()
              .write(decoder, target);
    }
  }

  @Override
  public double bound(LanguageModel model) {
    return 1e-4;
  }
}
