namespace Hybrid.Torch;

/// <summary>libtorch, or the device that was asked for, is not there; the message says how to get it.</summary>
public sealed class TorchMissingException(string message, Exception? inner = null) : Exception(message, inner);
