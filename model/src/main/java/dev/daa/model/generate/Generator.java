package dev.daa.model.generate;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/// Samples responses in batches with a key-value cache.
///
/// A prompt's tokens but the last are computed once, into a *prefix slot* that all its samples read. Each
/// running sample has a *row slot*, whose cache begins with the last prompt token. Every step runs one forward
/// pass over the running rows and over the prompts that have just been admitted; a row that ends is given to
/// the next waiting sample at once.
///
/// A response depends on the weights, the sampling settings and (seed, prompt index, sample index) only, not on
/// the other rows of its batch.
public final class Generator implements AutoCloseable {
    private static final int PREFILL_ROWS = 1024;
    private static final int NONE = -1;

    private final Model model;
    private final int longestPrefix;
    private final int longestResponse;
    /// Cache rows of a prefix slot.
    private final int prefixStride;
    private final Program program;
    private final Batch batch;
    private final Tensor logProb;
    private final float[] logProbs;

    private final Row[] rows;
    /// Samples of each prefix slot that have not ended.
    private final int[] prefixUsers;
    /// The running row of each target of the batch.
    private final Row[] targetRow;
    private long generatedTokens;

    /// @param rows samples that run at the same time
    /// @param longestPrompt tokens of the longest prompt
    /// @param longestResponse tokens of the longest response
    public Generator(Backend backend, Model model, int rows, int longestPrompt, int longestResponse) {
        if (rows < 1) {
            throw new InputException("responses at the same time are " + rows + ", expected at least 1");
        }
        int positions = longestPrompt + longestResponse;
        if (positions - 1 > model.config().maximumPositions()) {
            throw new InputException("a prompt of " + longestPrompt + " and a response of " + longestResponse
                    + " tokens need " + (positions - 1) + " positions, the model has "
                    + model.config().maximumPositions() + "; lower the maximum number of tokens");
        }
        this.model = model;
        longestPrefix = Math.max(0, longestPrompt - 1);
        this.longestResponse = longestResponse;
        prefixStride = wholeBlocks(longestPrefix);
        Graph graph = new Graph();
        logProb = record(graph, model.parameters());
        Capacity capacity = capacity(rows, longestPrompt, longestResponse);
        program = backend.compile(graph, capacity, model.values());
        batch = new Batch(capacity);
        logProbs = new float[rows];
        prefixUsers = new int[rows + 1];
        targetRow = new Row[rows];
        this.rows = new Row[rows];
        int prefixes = (rows + 1) * prefixStride;
        for (int slot = 0; slot < rows; slot++) {
            this.rows[slot] = new Row(prefixes + slot * wholeBlocks(longestResponse), longestResponse);
        }
    }

    /// A row slot, and the sample that runs there.
    private static final class Row {
        /// First of its cache rows.
        final int start;
        final int[] tokens;
        final float[] logProbs;
        /// Index of its prompt; [#NONE] while the slot is free.
        int prompt = NONE;
        int sample;
        int prefixSlot;
        int prefixLength;
        /// Tokens sampled so far, and the last token, which the next step reads.
        int length;
        int token;
        /// Of its random stream.
        long key;

        Row(int start, int longestResponse) {
            this.start = start;
            tokens = new int[longestResponse];
            logProbs = new float[longestResponse];
        }

        boolean isFree() {
            return prompt == NONE;
        }

        void append(int sampled, float logProb) {
            tokens[length] = sampled;
            logProbs[length] = logProb;
            token = sampled;
            length++;
        }

        boolean hasEnded(Sampling sampling) {
            return sampling.stop().contains(token) || length == sampling.maximumTokens();
        }

        Response response(StopTokens stop) {
            return new Response(Arrays.copyOf(tokens, length), Arrays.copyOf(logProbs, length), stop.contains(token));
        }
    }

    /// The samples that wait for a row slot: those of one prompt after another.
    private final class Waiting {
        private final List<int[]> prompts;
        private final int samplesPerPrompt;
        private final long seed;
        private long next;
        /// Of the prompt whose samples are being admitted.
        private int prefixSlot = NONE;

        Waiting(List<int[]> prompts, int samplesPerPrompt, long seed) {
            this.prompts = prompts;
            this.samplesPerPrompt = samplesPerPrompt;
            this.seed = seed;
        }

        boolean isEmpty() {
            return next == (long) prompts.size() * samplesPerPrompt;
        }

        /// Gives free row slots to the next samples, as far as the batch has room for the prompts of new ones.
        void admit() {
            for (Row row : rows) {
                if (row.isFree() && (isEmpty() || !admitNext(row))) {
                    return;
                }
            }
        }

        private boolean admitNext(Row row) {
            int index = (int) (next / samplesPerPrompt);
            int sample = (int) (next % samplesPerPrompt);
            int[] prompt = prompts.get(index);
            if (sample == 0) {
                if (batch.rows() + prompt.length - 1 + rows.length
                        > batch.capacity().rows()) {
                    return false;
                }
                prefixSlot = freePrefix();
                prefixUsers[prefixSlot] = samplesPerPrompt;
                addPrefixRows(prompt, prefixSlot);
            }
            row.prompt = index;
            row.sample = sample;
            row.prefixSlot = prefixSlot;
            row.prefixLength = prompt.length - 1;
            row.length = 0;
            row.token = prompt[prompt.length - 1];
            row.key = RandomStream.key(seed, index, sample);
            next++;
            return true;
        }
    }

    private static Tensor record(Graph graph, TransformerParameters parameters) {
        Tensor hidden = graph.gather("lastHidden", Transformer.recordDecoding(graph, parameters));
        return graph.sample("logProb", graph.linear("logits", hidden, parameters.headWeight(), null, null));
    }

    private static Capacity capacity(int rows, int longestPrompt, int longestResponse) {
        int prefix = Math.max(0, longestPrompt - 1);
        return Capacity.decoding(
                rows + Math.max(prefix, Math.min(PREFILL_ROWS, rows * prefix)),
                rows,
                (rows + 1) * wholeBlocks(prefix) + rows * wholeBlocks(longestResponse));
    }

    /// Memory that a generator will take.
    public static MemoryPlan plan(
            Backend backend, TransformerParameters parameters, int rows, int longestPrompt, int longestResponse) {
        Graph graph = new Graph();
        record(graph, parameters);
        return backend.plan(graph, capacity(rows, longestPrompt, longestResponse));
    }

    /// Tokens generated so far, for throughput.
    public long generatedTokens() {
        return generatedTokens;
    }

    /// Draws `samplesPerPrompt` responses for every prompt.
    ///
    /// @return responses by prompt and sample
    public Response[][] generate(List<int[]> prompts, int samplesPerPrompt, Sampling sampling, long seed) {
        return generate(prompts, samplesPerPrompt, sampling, seed, () -> false);
    }

    /// As above; stops with a [CancellationException] between two tokens once `cancelled` says so.
    public Response[][] generate(
            List<int[]> prompts, int samplesPerPrompt, Sampling sampling, long seed, BooleanSupplier cancelled) {
        check(prompts, samplesPerPrompt, sampling);
        Response[][] responses = new Response[prompts.size()][samplesPerPrompt];
        for (Row row : rows) {
            row.prompt = NONE;
        }
        Arrays.fill(prefixUsers, 0);
        batch.temperature = (float) sampling.temperature();
        batch.topK = sampling.topK();
        batch.topP = sampling.topP();
        Waiting waiting = new Waiting(prompts, samplesPerPrompt, seed);
        while (!waiting.isEmpty() || anyRuns()) {
            if (cancelled.getAsBoolean()) {
                throw new CancellationException("generation was stopped");
            }
            batch.clear();
            waiting.admit();
            step();
            retireEnded(responses, sampling);
        }
        return responses;
    }

    private boolean anyRuns() {
        return Arrays.stream(rows).anyMatch(row -> !row.isFree());
    }

    /// The next token's distribution of every running row, and a token drawn from it.
    private void step() {
        for (Row row : rows) {
            if (row.isFree()) {
                continue;
            }
            int batchRow = batch.rows();
            batch.addCachedRow(
                    row.token,
                    row.prefixLength + row.length,
                    row.start + row.length,
                    row.prefixSlot * prefixStride,
                    row.prefixLength,
                    row.start);
            int target = batch.addTarget(batchRow, 0);
            batch.uniform[target] = RandomStream.uniform(row.key, row.length);
            targetRow[target] = row;
        }
        program.forward(batch);
        program.read(logProb, batch, logProbs);
        generatedTokens += batch.targets();
    }

    private void retireEnded(Response[][] responses, Sampling sampling) {
        for (int target = 0; target < batch.targets(); target++) {
            Row row = targetRow[target];
            row.append(batch.sampledToken[target], logProbs[target]);
            if (row.hasEnded(sampling)) {
                responses[row.prompt][row.sample] = row.response(sampling.stop());
                prefixUsers[row.prefixSlot]--;
                row.prompt = NONE;
            }
        }
    }

    private void addPrefixRows(int[] prompt, int prefix) {
        int start = prefix * prefixStride;
        for (int i = 0; i < prompt.length - 1; i++) {
            batch.addCachedRow(prompt[i], i, start + i, start, 0, start);
        }
    }

    private static int wholeBlocks(int rows) {
        return Math.ceilDiv(rows, Capacity.CACHE_BLOCK) * Capacity.CACHE_BLOCK;
    }

    private int freePrefix() {
        for (int prefix = 0; prefix < prefixUsers.length; prefix++) {
            if (prefixUsers[prefix] == 0) {
                return prefix;
            }
        }
        throw new IllegalStateException("no free prefix slot among " + prefixUsers.length);
    }

    private void check(List<int[]> prompts, int samplesPerPrompt, Sampling sampling) {
        if (samplesPerPrompt < 1) {
            throw new InputException("samples per prompt is " + samplesPerPrompt + ", expected at least 1");
        }
        if (sampling.maximumTokens() > longestResponse) {
            throw new IllegalArgumentException("sampling asks for " + sampling.maximumTokens()
                    + " tokens, the generator was made for " + longestResponse);
        }
        int vocabulary = model.config().vocabulary();
        for (int i = 0; i < prompts.size(); i++) {
            int[] prompt = prompts.get(i);
            if (prompt.length < 1 || prompt.length - 1 > longestPrefix) {
                throw new InputException(
                        "prompt " + i + " has " + prompt.length + " tokens, expected 1 to " + (longestPrefix + 1));
            }
            for (int token : prompt) {
                if (token < 0 || token >= vocabulary) {
                    throw new InputException(
                            "prompt " + i + " has token id " + token + ", expected 0 to " + (vocabulary - 1));
                }
            }
        }
    }

    @Override
    public void close() {
        program.close();
    }
}
