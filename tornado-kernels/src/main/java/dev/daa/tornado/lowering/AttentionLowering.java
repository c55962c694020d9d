package dev.daa.tornado.lowering;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.compute.Tensor;
import dev.daa.tornado.kernel.AttentionGroup;
import dev.daa.tornado.kernel.AttentionKernel;
import dev.daa.tornado.kernel.AttentionKeysKernel;
import dev.daa.tornado.kernel.AttentionQueriesKernel;
import dev.daa.tornado.kernel.AttentionTiles;
import dev.daa.tornado.kernel.CachedAttentionKernel;
import dev.daa.tornado.kernel.RotaryKernel;
import dev.daa.tornado.kernel.Tables;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Turns attention and the rotation of its queries and keys into launches, over tiles of rows or over a cache.
final class AttentionLowering {
    private final Buffers buffers;
    private final Capacity capacity;
    private final Tables tables;
    private final IntArray ints;
    private final KernelContext context;

    AttentionLowering(Buffers buffers, Capacity capacity) {
        this.buffers = buffers;
        this.capacity = capacity;
        tables = buffers.tables();
        ints = tables.ints;
        context = buffers.context();
    }

    Launch rotary(Tensor qkv, AttentionShape shape, int size, float base, int direction) {
        int heads = shape.heads() + shape.keyValueHeads();
        return Launch.of(
                "rotary",
                Grid.lanes((long) capacity.rows() * heads * (size / 2)),
                RotaryKernel::turn,
                context,
                ints,
                buffers.of(qkv),
                buffers.angles(size / 2, base),
                tables.position,
                heads,
                shape.headSize(),
                size / 2,
                shape.packedWidth(),
                direction);
    }

    Launch attention(Op.Attention op) {
        AttentionShape shape = op.shape();
        int tile = AttentionTiles.rowsFor(shape);
        return Launch.of(
                "attention",
                tiles(tile, shape.heads()),
                AttentionKernel::forward,
                context,
                ints,
                buffers.of(op.qkv()),
                buffers.of(op.out()),
                buffers.of(op.logSumExp()),
                tables.tiles(tile),
                tile / AttentionGroup.ACROSS,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize());
    }

    private Grid tiles(int tile, int heads) {
        return Grid.groups(tables.mostTiles(tile, capacity), heads, AttentionGroup.LANES);
    }

    List<Launch> attentionBackward(Op.AttentionBackward op) {
        List<Launch> launches = new ArrayList<>();
        AttentionShape shape = op.shape();
        int tile = AttentionTiles.rowsFor(shape);
        FloatArray delta = buffers.delta(shape.heads());
        launches.add(Launch.of(
                "attentionQueries",
                tiles(tile, shape.heads()),
                AttentionQueriesKernel::derivatives,
                context,
                ints,
                buffers.of(op.qkv()),
                buffers.of(op.out()),
                buffers.of(op.logSumExp()),
                buffers.of(op.dOut()),
                buffers.of(op.dQkv()),
                delta,
                tables.tiles(tile),
                tile / AttentionGroup.ACROSS,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize()));
        launches.add(Launch.of(
                "attentionKeys",
                tiles(tile, shape.keyValueHeads()),
                AttentionKeysKernel::derivatives,
                context,
                ints,
                buffers.of(op.qkv()),
                buffers.of(op.logSumExp()),
                buffers.of(op.dOut()),
                buffers.of(op.dQkv()),
                delta,
                tables.tiles(tile),
                tables.segment,
                tile / AttentionGroup.ACROSS,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize()));
        return launches;
    }

    List<Launch> cachedAttention(Op.CachedAttention op) {
        List<Launch> launches = new ArrayList<>();
        AttentionShape shape = op.shape();
        AttentionTiles.requireSize(shape);
        FloatArray cache = buffers.cache(op);
        int cachedWidth = 2 * shape.keyValueWidth();
        launches.add(Launch.of(
                "cacheWrite",
                Grid.lanes((long) capacity.rows() * cachedWidth),
                CachedAttentionKernel::write,
                context,
                ints,
                buffers.of(op.qkv()),
                cache,
                tables.cacheWrite,
                shape.queryWidth(),
                cachedWidth));
        launches.add(Launch.of(
                "cachedAttention",
                Grid.groups(capacity.rows(), shape.heads(), CachedAttentionKernel.TILE),
                CachedAttentionKernel::attend,
                context,
                ints,
                buffers.of(op.qkv()),
                cache,
                buffers.of(op.out()),
                tables.cacheWrite,
                tables.prefixStart,
                tables.prefixLength,
                tables.ownStart,
                shape.heads(),
                shape.keyValueHeads(),
                shape.headSize()));
        return launches;
    }
}
