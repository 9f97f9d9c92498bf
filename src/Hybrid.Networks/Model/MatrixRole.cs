namespace Hybrid.Networks.Model;

/// <summary>The parameters of one block, in the order in which they lie in memory.</summary>
public enum MatrixRole
{
    /// <summary>W_Q: [d, H d_k], entries of variance σ_A/d.</summary>
    Query,

    /// <summary>W_K: [d, G d_k], entries of variance σ_A/d.</summary>
    Key,

    /// <summary>W_V: [d, G d_k], entries of variance σ_V/d.</summary>
    Value,

    /// <summary>W_O: [H d_k, d], entries of variance σ_V/(H d_k).</summary>
    AttentionOut,

    /// <summary>
    /// W_1: [d, d_mlp], entries of variance σ_w²/d; the gate's matrix when the MLP is gated. Of experts, here and in the other matrices
    /// of the MLP, one below the other, the shared one last.
    /// </summary>
    MlpIn,

    /// <summary>b: [1, d_mlp], entries of variance σ_b², inside φ.</summary>
    MlpBias,

    /// <summary>W_u: [d, d_mlp], entries of variance σ_w²/d; of a gated MLP only, otherwise without elements.</summary>
    MlpUp,

    /// <summary>W_2: [d_mlp, d], entries of variance σ_v²/d_mlp.</summary>
    MlpOut,

    /// <summary>W_r: [d, E], entries of variance σ_r²/d, which chooses a token's experts; without elements where there are none.</summary>
    Router,
}
