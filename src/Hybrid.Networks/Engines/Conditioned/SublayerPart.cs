using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>One sublayer of a network in coordinates with its module, its place in the block and its random numbers.</summary>
/// <param name="Place">Its turn, weights and normalisations.</param>
/// <param name="At">What it keeps.</param>
/// <param name="Single">Its module in single precision.</param>
/// <param name="Wide">The same in double precision.</param>
/// <param name="Matrix">Its output matrix.</param>
internal sealed record SublayerPart(BlockSublayer Place, SublayerState At, IModule Single, IModule Wide, ParameterBlock Matrix)
{
    /// <summary>The role of its output matrix.</summary>
    internal MatrixRole Output => Matrix.Role;

    /// <summary>Standard deviation of the output matrix' entries.</summary>
    internal double Deviation => Matrix.StandardDeviation;

    /// <summary>Images of what the output matrix sees.</summary>
    internal RandomStream ImageStream => Stream(RandomStream.AttentionImages, RandomStream.MlpImages);

    /// <summary>The gradient's directions in the frame of a step that begins with this sublayer.</summary>
    internal RandomStream FrameStream => Stream(RandomStream.AttentionFrame, RandomStream.MlpFrame);

    /// <summary>What the input matrices add to the gradient off the tokens' span.</summary>
    internal RandomStream InputStream => Stream(RandomStream.AttentionInput, RandomStream.MlpInput);

    /// <summary>The role of the output matrix of a module.</summary>
    internal static MatrixRole OutputOf(ModuleKind module) => module == ModuleKind.Attention ? MatrixRole.AttentionOut : MatrixRole.MlpOut;

    private RandomStream Stream(RandomStream attention, RandomStream mlp) => Place.Module == ModuleKind.Attention ? attention : mlp;
}
