namespace Hybrid.Import.Checkpoints;

/// <summary>One row of a family's table: a tensor of the file and the parameters of the engine that it is.</summary>
/// <param name="Stored">
/// Its name: {} is the layer from 0, and a leading ^ the family's root, which files of a network without a head leave out.
/// </param>
/// <param name="As">How its entries lie.</param>
/// <param name="Targets">
/// Parameters of the engine, {} the layer from 1; several where the file fuses them, in their order along the outputs.
/// </param>
internal sealed record TensorRow(string Stored, StoredAs As, params string[] Targets)
{
    /// <summary>What is done to every entry.</summary>
    public EntryChange Change { get; init; }

    /// <summary>Whether fused outputs are head by head, each with its query, key and value.</summary>
    public bool HeadByHead { get; init; }

    /// <summary>Whether there is one for every layer.</summary>
    public bool PerLayer => Stored.Contains("{}", StringComparison.Ordinal);
}

/// <summary>How a tensor's entries lie in the file. The engine has matrices as [in, out].</summary>
internal enum StoredAs
{
    /// <summary>[out, in], as linear layers are stored.</summary>
    OutIn,

    /// <summary>[in, out], as GPT-2's are.</summary>
    InOut,

    /// <summary>A vector of outputs.</summary>
    Vector,

    /// <summary>One row for each token or position; those that the engine has not are left out.</summary>
    Rows,

    /// <summary>Rows of which the first is added to every row of the target: the segment of all tokens.</summary>
    Segment,
}

/// <summary>What is done to an entry on the way, in this order; exporting undoes it.</summary>
[Flags]
internal enum EntryChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>1 is added: the file holds gains as their distance from 1.</summary>
    PlusOne = 1,

    /// <summary>Multiplied by what the family multiplies token vectors by.</summary>
    Embedding = 2,

    /// <summary>Multiplied by the family's logit scale over 1/√d_k, which the engine has.</summary>
    Logits = 4,
}
