using Hybrid.Architectures;

namespace Hybrid.Networks.Model;

/// <summary>The modules of a block's sublayers.</summary>
public enum ModuleKind
{
    /// <summary>Attention.</summary>
    Attention,

    /// <summary>The MLP.</summary>
    Mlp,
}

/// <summary>From a sublayer's parameters to the kind of its module.</summary>
internal static class ModuleKinds
{
    /// <summary>Which module stands in <paramref name="sublayer"/>.</summary>
    internal static ModuleKind Kind(this Sublayer sublayer) => sublayer.Module.IsAttention ? ModuleKind.Attention : ModuleKind.Mlp;
}
