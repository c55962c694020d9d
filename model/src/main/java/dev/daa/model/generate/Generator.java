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
    private final int rowSlots;
    private final int longestPrefix;
    private final int longestResponse;
    /// Cache rows of a prefix slot and of a row slot.
    private final int prefixStride;
    private final int ownStride;
    private final Program program;
    private final Batch batch;
    private final Tensor logProb;
    private final float[] logProbs;

    private final int[] slotPrompt;
    private final int[] slotSample;
    private final int[] slotPrefix;
    private final int[] slotLength;
    private final int[] slotToken;
    private final long[] slotKey;
    private final int[][] slotTokens;
    private final float[][] slotLogProbs;
    private final int[] prefixUsers;
    private final int[] targetSlot;
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
        rowSlots = rows;
        longestPrefix = Math.max(0, longestPrompt - 1);
        this.longestResponse = longestResponse;
        prefixStride = wholeBlocks(longestPrefix);
        ownStride = wholeBlocks(longestResponse);
        Graph graph = new Graph();
        logProb = record(graph, model.parameters());
        Capacity capacity = capacity(rows, longestPrompt, longestResponse);
        program = backend.compile(graph, capacity, model.values());
        batch = new Batch(capacity);
        logProbs = new float[rows];
        slotPrompt = new int[rows];
        slotSample = new int[rows];
        slotPrefix = new int[rows];
        slotLength = new int[rows];
        slotToken = new int[rows];
        slotKey = new long[rows];
        slotTokens = new int[rows][longestResponse];
        slotLogProbs = new float[rows][longestResponse];
        prefixUsers = new int[rows + 1];
        targetSlot = new int[rows];
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
        Arrays.fill(slotPrompt, NONE);
        Arrays.fill(prefixUsers, 0);
        batch.temperature = (float) sampling.temperature();
        batch.topK = sampling.topK();
        batch.topP = sampling.topP();
        long waiting = (long) prompts.size() * samplesPerPrompt;
        long next = 0;
        int currentPrefix = NONE;
        int running = 0;
        while (running > 0 || next < waiting) {
            if (cancelled.getAsBoolean()) {
                throw new CancellationException("generation was stopped");
            }
            batch.clear();
            for (int slot = 0; slot < rowSlots && next < waiting; slot++) {
                if (slotPrompt[slot] != NONE) {
                    continue;
                }
                int promptIndex = (int) (next / samplesPerPrompt);
                int sample = (int) (next % samplesPerPrompt);
                int[] prompt = prompts.get(promptIndex);
                if (sample == 0) {
                    if (batch.rows() + prompt.length - 1 + rowSlots
                            > batch.capacity().rows()) {
                        break;
                    }
                    currentPrefix = freePrefix();
                    prefixUsers[currentPrefix] = samplesPerPrompt;
                    addPrefixRows(prompt, currentPrefix);
                }
                slotPrompt[slot] = promptIndex;
                slotSample[slot] = sample;
                slotPrefix[slot] = currentPrefix;
                slotLength[slot] = 0;
                slotToken[slot] = prompt[prompt.length - 1];
                slotKey[slot] = RandomStream.key(seed, promptIndex, sample);
                next++;
                running++;
            }
            step(prompts);
            for (int target = 0; target < batch.targets(); target++) {
                int slot = targetSlot[target];
                if (append(slot, batch.sampledToken[target], logProbs[target], sampling)) {
                    responses[slotPrompt[slot]][slotSample[slot]] = response(slot, sampling.stop());
                    prefixUsers[slotPrefix[slot]]--;
                    slotPrompt[slot] = NONE;
                    running--;
                }
            }
        }
        return responses;
    }

    private void step(List<int[]> prompts) {
        for (int slot = 0; slot < rowSlots; slot++) {
            if (slotPrompt[slot] == NONE) {
                continue;
            }
            int prefixRows = prompts.get(slotPrompt[slot]).length - 1;
            int own = (rowSlots + 1) * prefixStride + slot * ownStride;
            int row = batch.rows();
            batch.addCachedRow(
                    slotToken[slot],
                    prefixRows + slotLength[slot],
                    own + slotLength[slot],
                    slotPrefix[slot] * prefixStride,
                    prefixRows,
                    own);
            int target = batch.addTarget(row, 0);
            batch.uniform[target] = RandomStream.uniform(slotKey[slot], slotLength[slot]);
            targetSlot[target] = slot;
        }
        program.forward(batch);
        program.read(logProb, batch, logProbs);
        generatedTokens += batch.targets();
    }

    private boolean append(int slot, int token, float tokenLogProb, Sampling sampling) {
        int length = slotLength[slot]++;
        slotTokens[slot][length] = token;
        slotLogProbs[slot][length] = tokenLogProb;
        slotToken[slot] = token;
        return sampling.stop().contains(token) || length + 1 == sampling.maximumTokens();
    }

    private Response response(int slot, StopTokens stop) {
        int length = slotLength[slot];
        return new Response(
                Arrays.copyOf(slotTokens[slot], length),
                Arrays.copyOf(slotLogProbs[slot], length),
                stop.contains(slotTokens[slot][length - 1]));
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
