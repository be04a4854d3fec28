package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;

/// Rotary position embedding (Su et al. 2021): the angle of each pair of a head's channels, with
/// the scalings of Hugging Face's `rope_scaling` (default, linear, llama3, and longrope where it is
/// the same for all lengths).
///
/// @param inverseFrequencies [headDim / 2] radians per position
public record Rope(float[] inverseFrequencies) {

  static Rope of(JsonNode config, int headDim) {
    JsonNode scaling = config.path("rope_scaling");
    double theta = config.path("rope_theta").asDouble(10000.0);
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double base = 1.0 / Math.pow(theta, 2.0 * i / headDim);
      frequencies[i] =
          (float)
              switch (type) {
                case "default" -> base;
                case "linear" -> base / scaling.path("factor").asDouble();
                case "llama3" -> llama3(base, scaling);
                case "longrope" -> base / factor(scaling, i);
                default ->
                    throw new ModelException(
                        "config.json: rope_scaling type '"
                            + type
                            + "' is not supported (allowed default, linear, llama3, longrope)");
              };
    }
    return new Rope(frequencies);
  }

  /// Llama 3.1's rule: long waves are stretched by `factor`, short ones kept, those between
  /// blended.
  private static double llama3(double frequency, JsonNode scaling) {
    double factor = scaling.path("factor").asDouble();
    double low = scaling.path("low_freq_factor").asDouble();
    double high = scaling.path("high_freq_factor").asDouble();
    double context = scaling.path("original_max_position_embeddings").asDouble();
    double wavelength = 2 * Math.PI / frequency;
    if (wavelength < context / high) {
      return frequency;
    }
    if (wavelength > context / low) {
      return frequency / factor;
    }
    double smooth = (context / wavelength - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
  }

  /// What a frequency is divided by, whatever the length of the sequence.
  private static double factor(JsonNode scaling, int frequency) {
    boolean same = scaling.path("short_factor").equals(scaling.path("long_factor"));
    JsonNode factor = scaling.path("short_factor").path(frequency);
    if (!same || !factor.isNumber() || scaling.path("attention_factor").asDouble() != 1) {
      throw new ModelException(
          "config.json: rope_scaling longrope is supported where short_factor and long_factor are"
              + " one list, with a number for each frequency, and attention_factor is 1");
    }
    return factor.asDouble();
  }

  /// Cosines (or sines) for positions: [T × headDim / 2].
  float[] table(int[] positions, boolean sine) {
    int half = inverseFrequencies.length;
    float[] table = new float[positions.length * half];
    for (int t = 0; t < positions.length; t++) {
      for (int i = 0; i < half; i++) {
        double angle = positions[t] * inverseFrequencies[i];
        table[t * half + i] = (float) (sine ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return table;
  }
}
