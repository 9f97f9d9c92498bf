using System.Text.Json.Nodes;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Engines;

/// <summary>
/// An engine and what is asked of its device, as a plan names them: the device itself is looked for where the networks are measured,
/// which may be another machine than the one that plans.
/// </summary>
/// <param name="Engines">The engines by name.</param>
/// <param name="Name">Which of them.</param>
/// <param name="Device">Where and how it is to run; its memory changes no result and is in no plan.</param>
public sealed record EngineChoice(EngineCatalogue Engines, string Name, DeviceChoice Device)
{
    /// <summary>The engine's entry before a device is looked for.</summary>
    /// <exception cref="InputException">There is no engine of that name.</exception>
    public EngineEntry Described => Engines.Find(Name);

    /// <summary>The entry for the device, which is looked for here and now.</summary>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">There is no engine of that name, or it offers no such choice.</exception>
    public EngineEntry Found => Engines.Find(Name, Device);

    /// <summary>Whether it wants a GPU where the machine has one.</summary>
    public bool WantsGpu => Described.MostEngines == 1 && Device.Device != DeviceChoice.Processor;

    /// <summary>The device's name for the record of a machine's cells, of an engine that has a choice.</summary>
    public string? DeviceName => Described.OnDevice is null ? null : Found.Device;

    /// <summary>What a plan says of it.</summary>
    public void AddTo(JsonObject question)
    {
        question["engine"] = Name;
        question["device"] = Device.Device;
        question["precision"] = Device.Precision;
        question["drawOnDevice"] = Device.DrawOnDevice;
    }

    /// <summary>Reads <see cref="AddTo"/>; null where a plan names no engine.</summary>
    public static EngineChoice? Of(JsonObject question, EngineCatalogue engines) => (string?)question["engine"] is string name
        ? new(engines, name, new((string?)question["device"], (string?)question["precision"], question["drawOnDevice"]!.GetValue<bool>()))
        : null;
}
