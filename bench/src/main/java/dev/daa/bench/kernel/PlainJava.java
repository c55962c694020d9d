package dev.daa.bench.kernel;

/// The kernels as one would write them first: loops over floats and `Math`, one thread. The baseline that the
/// vectorised kernels are measured against.
final class PlainJava {
    private static final float ROOT_OF_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);

    private PlainJava() {}

    /// `c[m, n] = a[m, k]·b[n, k]ᵀ`.
    static void product(int m, int n, int k, float[] a, float[] b, float[] c) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int l = 0; l < k; l++) {
                    sum += a[i * k + l] * b[j * k + l];
                }
                c[i * n + j] = sum;
            }
        }
    }

    /// The tanh form of GELU.
    static void gelu(float[] in, float[] out) {
        for (int i = 0; i < in.length; i++) {
            float x = in[i];
            out[i] = (float) (0.5 * x * (1 + Math.tanh(ROOT_OF_2_OVER_PI * (x + 0.044715f * x * x * x))));
        }
    }

    /// Layer norm of rows of `width` values, with weight 1 and bias 0.
    static void layerNorm(float[] in, int width, float[] out) {
        for (int at = 0; at < in.length; at += width) {
            float sum = 0;
            for (int j = 0; j < width; j++) {
                sum += in[at + j];
            }
            float mean = sum / width;
            float squares = 0;
            for (int j = 0; j < width; j++) {
                squares += (in[at + j] - mean) * (in[at + j] - mean);
            }
            float scale = (float) (1 / Math.sqrt(squares / width + 1e-5f));
            for (int j = 0; j < width; j++) {
                out[at + j] = (in[at + j] - mean) * scale;
            }
        }
    }

    /// Causal attention of `sequences` of `length` rows; a row of `qkv` is queries, keys, values of all heads.
    static void attention(int sequences, int length, int heads, int headSize, float[] qkv, float[] out) {
        int width = heads * headSize;
        float[] weights = new float[length];
        for (int task = 0; task < sequences * heads; task++) {
            int first = task / heads * length;
            int head = task % heads * headSize;
            for (int i = first; i < first + length; i++) {
                float sum = 0;
                for (int j = first; j <= i; j++) {
                    float score = 0;
                    for (int l = 0; l < headSize; l++) {
                        score += qkv[i * 3 * width + head + l] * qkv[j * 3 * width + width + head + l];
                    }
                    weights[j - first] = (float) Math.exp(score / Math.sqrt(headSize));
                    sum += weights[j - first];
                }
                for (int l = 0; l < headSize; l++) {
                    float value = 0;
                    for (int j = first; j <= i; j++) {
                        value += weights[j - first] * qkv[j * 3 * width + 2 * width + head + l];
                    }
                    out[i * width + head + l] = value / sum;
                }
            }
        }
    }

    /// AdamW with torch's moments, decoupled weight decay 0.01 and learning rate 1e-4; leaves the gradients 0.
    static void adamW(float[] weights, float[] gradients, float[] first, float[] second, int step) {
        float correction1 = (float) (1 - Math.pow(0.9, step));
        float correction2 = (float) (1 - Math.pow(0.999, step));
        for (int i = 0; i < weights.length; i++) {
            float g = gradients[i];
            first[i] = 0.9f * first[i] + 0.1f * g;
            second[i] = 0.999f * second[i] + 0.001f * g * g;
            weights[i] -= 1e-4f
                    * (first[i] / correction1 / ((float) Math.sqrt(second[i] / correction2) + 1e-8f)
                            + 0.01f * weights[i]);
            gradients[i] = 0;
        }
    }
}
