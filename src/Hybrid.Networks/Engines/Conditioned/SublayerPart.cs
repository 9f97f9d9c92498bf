using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>One sublayer of a network in coordinates with its module, its place in the architecture and its random numbers.</summary>
/// <param name="At">What it keeps.</param>
/// <param name="Single">Its module in single precision.</param>
/// <param name="Wide">The same in double precision.</param>
/// <param name="Matrix">Its output matrix.</param>
/// <param name="Skip">r.</param>
/// <param name="Weight">a.</param>
/// <param name="Streams">Where its streams of random numbers begin, behind those of other sublayers.</param>
internal sealed record SublayerPart(
    SublayerState At, IModule Single, IModule Wide, ParameterBlock Matrix, double Skip, double Weight, int Streams)
{
    /// <summary>Streams beside those of the matrices: images of what the output matrix sees.</summary>
    internal const int ImageStream = 16;

    /// <summary>The gradient's directions in the frame.</summary>
    internal const int FrameStream = 17;

    /// <summary>What the input matrices add to the gradient off the tokens' span.</summary>
    internal const int InputStream = 18;

    private const int StreamsPerSublayer = 3;

    /// <summary>The role of its output matrix.</summary>
    internal MatrixRole Output => Matrix.Role;

    /// <summary>Standard deviation of the output matrix' entries.</summary>
    internal double Deviation => Matrix.StandardDeviation;

    /// <summary>All sublayers from the input on: attention and MLP of block 1, 2, …</summary>
    /// <param name="architecture">Legal.</param>
    /// <param name="layout">Its matrices.</param>
    /// <param name="plan">Where everything lies in memory.</param>
    /// <param name="memory">The planned memory.</param>
    /// <param name="attention">The attention module in either precision.</param>
    /// <param name="mlp">The MLP.</param>
    internal static SublayerPart[] All(
        Architecture architecture,
        ParameterLayout layout,
        CoordinatePlan plan,
        NativeBuffer<double> memory,
        (IModule Single, IModule Wide) attention,
        (IModule Single, IModule Wide) mlp) =>
        [.. Enumerable.Range(1, architecture.Depth).SelectMany(layer => new[]
        {
            new SublayerPart(
                new SublayerState(plan.Attention, memory, layer, (layer - 1) * plan.BlockLength),
                attention.Single,
                attention.Wide,
                layout[MatrixRole.AttentionOut],
                architecture.Attention.Skip.At(layer),
                architecture.Attention.Branch.At(layer),
                0),
            new SublayerPart(
                new SublayerState(plan.Mlp, memory, layer, (layer - 1) * plan.BlockLength),
                mlp.Single,
                mlp.Wide,
                layout[MatrixRole.MlpOut],
                architecture.Mlp.Skip.At(layer),
                architecture.Mlp.Branch.At(layer),
                StreamsPerSublayer),
        })];

    /// <summary>The key of one of its streams.</summary>
    internal RandomKey Key(ulong seed, int sample, int stream) => new(seed, sample, At.Layer, stream + Streams);
}
