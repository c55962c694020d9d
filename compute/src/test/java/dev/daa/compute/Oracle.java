package dev.daa.compute;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The forward ops in plain Java and double precision, written from their definitions in [Op]: slow, obvious loops that
/// share nothing with any backend. Derivatives are checked against differences of these values.
public final class Oracle {
    private final Map<String, double[]> parameters = new HashMap<>();
    private final Map<Integer, double[]> values = new HashMap<>();
    /// Keys and values of decoding by layer and cache row, as packed rows.
    private final Map<List<Integer>, double[]> cache = new HashMap<>();

    /// Values of a layout's flat buffer; the array is used, not copied.
    public void parameters(String layout, double[] flat) {
        parameters.put(layout, flat);
    }

    /// Values of a tensor that no op writes.
    public void input(Tensor tensor, double[] given) {
        values.put(tensor.id(), given.clone());
    }

    public double[] value(Tensor tensor) {
        double[] found = values.get(tensor.id());
        if (found == null) {
            throw new IllegalArgumentException(tensor + " has no value");
        }
        return found;
    }

    public void forward(Graph graph, Batch batch) {
        for (Op.Forward op : graph.forward()) {
            forward(op, batch);
        }
    }

    private void forward(Op.Forward op, Batch batch) {
        switch (op) {
            case Op.Embedding embedding -> embedding(embedding, batch);
            case Op.LayerNorm norm -> layerNorm(norm, batch);
            case Op.RmsNorm norm -> rmsNorm(norm, batch);
            case Op.Linear linear -> linear(linear, batch);
            case Op.AddLinear linear -> addLinear(linear, batch);
            case Op.Rotary rotary -> rotary(rotary, batch);
            case Op.Attention attention -> attention(attention, batch);
            case Op.CachedAttention attention -> cachedAttention(attention, batch);
            case Op.Gelu gelu -> gelu(gelu, batch);
            case Op.SwiGlu swiGlu -> swiGlu(swiGlu, batch);
            case Op.Gather gather -> gather(gather, batch);
            case Op.TokenLogProb head -> tokenLogProb(head, batch);
            case Op.ScalarHead head -> scalarHead(head, batch);
            case Op.TokenKl divergence -> tokenKl(divergence, batch);
            case Op.TokenConcentration concentration -> tokenConcentration(concentration, batch);
            case Op.Sample _ -> throw new IllegalArgumentException("the oracle has no " + op);
        }
    }

    private double parameter(Parameter parameter, int row, int column) {
        double[] flat = parameters.get(parameter.layout());
        if (flat == null) {
            throw new IllegalArgumentException("no values for layout " + parameter.layout());
        }
        return flat[parameter.offset() + row * parameter.columns() + column];
    }

    private double[] newValue(Tensor tensor, Batch batch) {
        double[] fresh = new double[tensor.rows(batch) * tensor.width()];
        values.put(tensor.id(), fresh);
        return fresh;
    }

    private void embedding(Op.Embedding op, Batch batch) {
        int width = op.out().width();
        Parameter positions = op.positions();
        double[] out = newValue(op.out(), batch);
        for (int i = 0; i < batch.rows(); i++) {
            for (int j = 0; j < width; j++) {
                out[i * width + j] = parameter(op.table(), batch.token[i], j)
                        + (positions == null ? 0 : parameter(positions, batch.position[i], j));
            }
        }
    }

    private void addLinear(Op.AddLinear op, Batch batch) {
        int width = op.in().width();
        double[] in = value(op.in());
        double[] out = value(op.out());
        for (int i = 0; i < op.in().rows(batch); i++) {
            for (int j = 0; j < op.weight().rows(); j++) {
                double sum = 0;
                for (int k = 0; k < width; k++) {
                    sum += in[i * width + k] * parameter(op.weight(), j, k);
                }
                out[i * op.out().width() + op.first() + j] += op.scale() * sum;
            }
        }
    }

    private void layerNorm(Op.LayerNorm op, Batch batch) {
        int width = op.in().width();
        double[] in = value(op.in());
        double[] out = newValue(op.out(), batch);
        for (int i = 0; i < op.in().rows(batch); i++) {
            double mean = 0;
            for (int j = 0; j < width; j++) {
                mean += in[i * width + j] / width;
            }
            double variance = 0;
            for (int j = 0; j < width; j++) {
                variance += Math.pow(in[i * width + j] - mean, 2) / width;
            }
            for (int j = 0; j < width; j++) {
                out[i * width + j] =
                        (in[i * width + j] - mean) / Math.sqrt(variance + op.epsilon()) * parameter(op.weight(), 0, j)
                                + parameter(op.bias(), 0, j);
            }
        }
    }

    private void rmsNorm(Op.RmsNorm op, Batch batch) {
        int width = op.in().width();
        double[] in = value(op.in());
        double[] out = newValue(op.out(), batch);
        for (int i = 0; i < op.in().rows(batch); i++) {
            double meanSquare = 0;
            for (int j = 0; j < width; j++) {
                meanSquare += Math.pow(in[i * width + j], 2) / width;
            }
            for (int j = 0; j < width; j++) {
                out[i * width + j] =
                        in[i * width + j] / Math.sqrt(meanSquare + op.epsilon()) * parameter(op.weight(), 0, j);
            }
        }
    }

    private void linear(Op.Linear op, Batch batch) {
        int inWidth = op.in().width();
        int outWidth = op.out().width();
        double[] in = value(op.in());
        Parameter bias = op.bias();
        double @Nullable [] residual = op.residual() == null ? null : value(op.residual());
        double[] out = newValue(op.out(), batch);
        for (int i = 0; i < op.in().rows(batch); i++) {
            for (int o = 0; o < outWidth; o++) {
                double sum = bias == null ? 0 : parameter(bias, 0, o);
                for (int j = 0; j < inWidth; j++) {
                    sum += in[i * inWidth + j] * parameter(op.weight(), o, j);
                }
                out[i * outWidth + o] = sum + (residual == null ? 0 : residual[i * outWidth + o]);
            }
        }
    }

    private void rotary(Op.Rotary op, Batch batch) {
        int width = op.shape().packedWidth();
        int half = op.rotarySize() / 2;
        double[] qkv = value(op.qkv()).clone();
        values.put(op.qkv().id(), qkv);
        for (int i = 0; i < batch.rows(); i++) {
            for (int head = 0; head < op.shape().heads() + op.shape().keyValueHeads(); head++) {
                for (int pair = 0; pair < half; pair++) {
                    double angle = batch.position[i] * Math.pow(op.base(), -2.0 * pair / op.rotarySize());
                    int at = i * width + head * op.shape().headSize() + pair;
                    double x = qkv[at];
                    double y = qkv[at + half];
                    qkv[at] = x * Math.cos(angle) - y * Math.sin(angle);
                    qkv[at + half] = x * Math.sin(angle) + y * Math.cos(angle);
                }
            }
        }
    }

    private void attention(Op.Attention op, Batch batch) {
        double[] qkv = value(op.qkv());
        int width = op.shape().packedWidth();
        double[] out = newValue(op.out(), batch);
        for (int segment = 0; segment < batch.segments(); segment++) {
            int start = batch.segmentStart[segment];
            for (int i = start; i < start + batch.segmentLength[segment]; i++) {
                List<double[]> seen = new ArrayList<>();
                int prefix = batch.segmentPrefix[segment];
                if (prefix >= 0) {
                    for (int row = 0; row < batch.segmentLength[prefix]; row++) {
                        seen.add(row(qkv, batch.segmentStart[prefix] + row, width));
                    }
                }
                for (int row = start; row <= i; row++) {
                    seen.add(row(qkv, row, width));
                }
                attend(op.shape(), row(qkv, i, width), seen, out, i);
            }
        }
    }

    private void cachedAttention(Op.CachedAttention op, Batch batch) {
        double[] qkv = value(op.qkv());
        int width = op.shape().packedWidth();
        double[] out = newValue(op.out(), batch);
        for (int i = 0; i < batch.rows(); i++) {
            cache.put(List.of(op.layer(), batch.cacheWrite[i]), row(qkv, i, width));
        }
        for (int i = 0; i < batch.rows(); i++) {
            List<double[]> seen = new ArrayList<>();
            for (int row = 0; row < batch.prefixLength[i]; row++) {
                seen.add(cached(op.layer(), batch.prefixStart[i] + row));
            }
            for (int row = batch.ownStart[i]; row <= batch.cacheWrite[i]; row++) {
                seen.add(cached(op.layer(), row));
            }
            attend(op.shape(), row(qkv, i, width), seen, out, i);
        }
    }

    private double[] cached(int layer, int row) {
        double[] found = cache.get(List.of(layer, row));
        if (found == null) {
            throw new IllegalArgumentException("cache row " + row + " of layer " + layer + " was never written");
        }
        return found;
    }

    private static double[] row(double[] matrix, int row, int width) {
        return java.util.Arrays.copyOfRange(matrix, row * width, (row + 1) * width);
    }

    private static void attend(AttentionShape shape, double[] own, List<double[]> seen, double[] out, int row) {
        int size = shape.headSize();
        for (int head = 0; head < shape.heads(); head++) {
            int keyHead = head / (shape.heads() / shape.keyValueHeads());
            double[] scores = new double[seen.size()];
            for (int key = 0; key < scores.length; key++) {
                for (int d = 0; d < size; d++) {
                    scores[key] += own[head * size + d]
                            * seen.get(key)[shape.queryWidth() + keyHead * size + d]
                            / Math.sqrt(size);
                }
            }
            double logSumExp = logSumExp(scores);
            for (int key = 0; key < scores.length; key++) {
                for (int d = 0; d < size; d++) {
                    out[row * shape.queryWidth() + head * size + d] += Math.exp(scores[key] - logSumExp)
                            * seen.get(key)[shape.queryWidth() + shape.keyValueWidth() + keyHead * size + d];
                }
            }
        }
    }

    private void gelu(Op.Gelu op, Batch batch) {
        double[] in = value(op.in());
        double[] out = newValue(op.out(), batch);
        for (int i = 0; i < out.length; i++) {
            double x = in[i];
            out[i] = switch (op.form()) {
                case EXACT -> x * normalDistribution(x);
                case TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            };
        }
    }

    /// Φ(x) by its series `½ + φ(x)·Σ x^(2n+1)/(1·3·5…(2n+1))`, and by `φ(x)/(x + 1/(x + 2/(x + …)))` in the tails.
    static double normalDistribution(double x) {
        double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        if (Math.abs(x) > 6) {
            double fraction = Math.abs(x);
            for (int n = 60; n >= 1; n--) {
                fraction = Math.abs(x) + n / fraction;
            }
            return x < 0 ? density / fraction : 1 - density / fraction;
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++) {
            term *= x * x / (2 * n + 1);
            sum += term;
        }
        return 0.5 + density * sum;
    }

    private void swiGlu(Op.SwiGlu op, Batch batch) {
        int inner = op.out().width();
        double[] in = value(op.gateAndUp());
        double[] out = newValue(op.out(), batch);
        for (int i = 0; i < op.out().rows(batch); i++) {
            for (int j = 0; j < inner; j++) {
                double gate = in[i * 2 * inner + j];
                double up = in[i * 2 * inner + inner + j];
                out[i * inner + j] = gate / (1 + Math.exp(-gate)) * up;
            }
        }
    }

    private void gather(Op.Gather op, Batch batch) {
        int width = op.in().width();
        double[] in = value(op.in());
        double[] out = newValue(op.out(), batch);
        for (int t = 0; t < batch.targets(); t++) {
            for (int j = 0; j < width; j++) {
                out[t * width + j] = in[batch.targetRow[t] * width + j];
            }
        }
    }

    /// Logits divided by the temperature.
    private double[] scaledLogits(Tensor hidden, Parameter weight, int row, Batch batch) {
        double[] in = value(hidden);
        double[] logits = new double[weight.rows()];
        for (int v = 0; v < logits.length; v++) {
            double sum = 0;
            for (int j = 0; j < hidden.width(); j++) {
                sum += in[row * hidden.width() + j] * parameter(weight, v, j);
            }
            logits[v] = sum / batch.temperature;
        }
        return logits;
    }

    private void tokenLogProb(Op.TokenLogProb op, Batch batch) {
        double[] logProb = newValue(op.logProb(), batch);
        double[] entropy = newValue(op.entropy(), batch);
        double[] sums = newValue(op.logSumExp(), batch);
        for (int t = 0; t < batch.targets(); t++) {
            double[] logits = scaledLogits(op.hidden(), op.weight(), batch.targetRow[t], batch);
            sums[t] = logSumExp(logits);
            logProb[t] = logits[batch.targetToken[t]] - sums[t];
            for (double logit : logits) {
                entropy[t] -= Math.exp(logit - sums[t]) * (logit - sums[t]);
            }
        }
    }

    private void scalarHead(Op.ScalarHead op, Batch batch) {
        double[] in = value(op.hidden());
        int width = op.hidden().width();
        double[] out = newValue(op.out(), batch);
        for (int s = 0; s < batch.scores(); s++) {
            for (int j = 0; j < width; j++) {
                out[s] += in[batch.scoreRow[s] * width + j] * parameter(op.weight(), 0, j);
            }
        }
    }

    private void tokenKl(Op.TokenKl op, Batch batch) {
        double[] out = newValue(op.out(), batch);
        for (int t = 0; t < batch.targets(); t++) {
            double[] p = scaledLogits(op.hidden(), op.weight(), batch.targetRow[t], batch);
            double[] q = scaledLogits(op.otherHidden(), op.otherWeight(), batch.targetRow[t], batch);
            double sumP = logSumExp(p);
            double sumQ = logSumExp(q);
            for (int v = 0; v < p.length; v++) {
                out[t] += Math.exp(p[v] - sumP) * ((p[v] - sumP) - (q[v] - sumQ));
            }
        }
    }

    private void tokenConcentration(Op.TokenConcentration op, Batch batch) {
        double[] logCollision = newValue(op.logCollision(), batch);
        double[] topEntropy = op.topEntropy() == null ? null : newValue(op.topEntropy(), batch);
        double[] topMass = op.topMass() == null ? null : newValue(op.topMass(), batch);
        for (int t = 0; t < batch.targets(); t++) {
            double[] logits = scaledLogits(op.hidden(), op.weight(), batch.targetRow[t], batch);
            double sum = logSumExp(logits);
            double[] falling = Arrays.stream(logits)
                    .map(logit -> -Math.exp(logit - sum))
                    .sorted()
                    .map(negative -> -negative)
                    .toArray();
            logCollision[t] = Math.log(Arrays.stream(falling).map(p -> p * p).sum());
            if (topEntropy == null || topMass == null) {
                continue;
            }
            double mass = Arrays.stream(falling).limit(op.top()).sum();
            topMass[t] = mass;
            topEntropy[t] = -Arrays.stream(falling)
                    .limit(op.top())
                    .map(p -> p / mass * Math.log(p / mass))
                    .sum();
        }
    }

    static double logSumExp(double[] x) {
        double maximum = Double.NEGATIVE_INFINITY;
        for (double value : x) {
            maximum = Math.max(maximum, value);
        }
        double sum = 0;
        for (double value : x) {
            sum += Math.exp(value - maximum);
        }
        return maximum + Math.log(sum);
    }
}
