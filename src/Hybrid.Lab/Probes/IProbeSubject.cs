using Hybrid.Architectures;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>A trained network that lies in a folder.</summary>
public interface IProbeSubject : IDisposable
{
    /// <summary>What tables call it.</summary>
    string Name { get; }

    /// <summary>Where it came from, in one line.</summary>
    string Description { get; }

    /// <summary>Steps of training, where the folder says.</summary>
    int? Step { get; }

    /// <summary>Tokens 0..Vocabulary − 1.</summary>
    int Vocabulary { get; }

    /// <summary>Most tokens of a sequence.</summary>
    int Context { get; }

    /// <summary>Whether sequences must have exactly <see cref="Context"/> tokens.</summary>
    bool FixedTokens { get; }

    /// <summary>Whether tokens are patches of images: every sequence is token 0 and then each of the others once.</summary>
    bool SeesImages { get; }

    /// <summary>Whether it has a head, and with it a loss.</summary>
    bool HasHead { get; }

    /// <summary>The record at initialisation, for the theory.</summary>
    Architecture Record { get; }

    /// <summary>What was assumed in reading it, one sentence each.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>The network for sequences of so many tokens.</summary>
    ModelOptions Model(int tokens);

    /// <summary>Copies the weights into a network of <see cref="Model"/>.</summary>
    /// <param name="network">Where to.</param>
    /// <param name="seed">Of the pixels of images, where it sees any.</param>
    void Load(IObservedNetwork network, ulong seed);
}
