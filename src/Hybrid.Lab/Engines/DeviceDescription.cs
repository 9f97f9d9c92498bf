namespace Hybrid.Lab.Engines;

/// <summary>A device that engines can use.</summary>
/// <param name="Name">What --device takes, cpu or such as cuda:0.</param>
/// <param name="Model">Its model, empty where the driver does not tell.</param>
/// <param name="Free">Bytes of its memory that are free.</param>
/// <param name="Total">Bytes of its memory.</param>
public sealed record DeviceDescription(string Name, string Model, long Free, long Total);
