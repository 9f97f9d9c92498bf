using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Contiguous tensors in the processor's memory as spans, in parts that a span can count.</summary>
internal static class HostMemory
{
    /// <summary>Most entries of one part, so that its bytes stay within 31 bits.</summary>
    internal const int Part = 1 << 28;

    /// <summary>All entries of a tensor of at most <see cref="Part"/>; valid while the tensor lives.</summary>
    internal static Span<T> Entries<T>(Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    /// <summary>The first entry of a contiguous tensor of single precision of any size; valid while the tensor lives.</summary>
    internal static unsafe float* Pointer(Tensor tensor)
    {
        // Of one entry: a span of all could not count them. Their place is fixed by libtorch.
        using Tensor first = tensor.view(-1).narrow(0, 0, 1);
        fixed (float* at = Entries<float>(first))
            return at;
    }

    /// <summary>Copies entries [offset, offset + destination.Length) of a tensor on any device out.</summary>
    internal static void Read(Tensor tensor, long offset, Span<float> destination)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = tensor.detach().reshape(-1);
        for (int done = 0; done < destination.Length;)
        {
            int length = Math.Min(Part, destination.Length - done);
            Entries<float>(flat.narrow(0, offset + done, length).to(ScalarType.Float32).cpu()).CopyTo(destination[done..]);
            done += length;
        }
    }

    /// <summary>Copies entries [offset, offset + source.Length) into a tensor on any device.</summary>
    internal static void Write(Tensor tensor, long offset, ReadOnlySpan<float> source)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor flat = tensor.view(-1);
        for (int done = 0; done < source.Length;)
        {
            int length = Math.Min(Part, source.Length - done);
            Tensor staged = empty(length, ScalarType.Float32);
            source.Slice(done, length).CopyTo(Entries<float>(staged));
            flat.narrow(0, offset + done, length).copy_(staged);
            done += length;
        }
    }
}
