namespace Hybrid.Import.HuggingFace;

/// <summary>What a note of an import is about, the most important first.</summary>
internal enum NoteRank
{
    /// <summary>Code that comes with the model and that the import does not follow.</summary>
    ForeignCode,

    /// <summary>Something that the network does and the record does not.</summary>
    NotModelled,

    /// <summary>Something that the record does nearly as the network.</summary>
    Approximated,

    /// <summary>What a value of the file, or the family's code, was read as.</summary>
    Read,

    /// <summary>A default of the family's code.</summary>
    Assumed,

    /// <summary>Something that is left out and changes nothing here.</summary>
    Harmless,
}
