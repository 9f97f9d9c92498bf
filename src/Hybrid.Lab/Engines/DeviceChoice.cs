using Hybrid.Import.Json;

namespace Hybrid.Lab.Engines;

/// <summary>Where and how an engine that runs on several devices is to run.</summary>
/// <param name="Device">cpu, cuda or cuda:N; null: the engine's choice.</param>
/// <param name="Precision">single, tf32, bfloat16 or double; null: single.</param>
/// <param name="DrawOnDevice">Whether the device draws the weights: faster on a GPU, other numbers for a seed.</param>
/// <param name="Memory">Bytes that a batch of networks may take; null: the engine's choice.</param>
public sealed record DeviceChoice(string? Device = null, string? Precision = null, bool DrawOnDevice = false, long? Memory = null)
{
    /// <summary>The processor's name as a device.</summary>
    public const string Processor = "cpu";

    /// <summary>The entry of an engine for this choice.</summary>
    /// <param name="name">The engine's.</param>
    /// <param name="entry">Its entry.</param>
    /// <param name="onDevice">What makes an entry for a choice, or null of an engine that runs on the processor in one way.</param>
    /// <exception cref="InputException">The engine has no choice, and one is asked for.</exception>
    /// <exception cref="EngineMissingException">The device is not there.</exception>
    internal T Apply<T>(string name, T entry, Func<DeviceChoice, T>? onDevice)
    {
        if (onDevice is not null)
            return onDevice(this);
        if (Device is not (null or Processor))
        {
            throw new InputException(
                $"--device {Device}: engine {name} runs on the processor; give --engine torch, or --device {Processor}");
        }

        if (Precision is not null || DrawOnDevice)
        {
            throw new InputException(
                $"{(DrawOnDevice ? "--draw device" : $"--precision {Precision}")} is for --engine torch, got --engine {name}");
        }

        return entry;
    }
}
