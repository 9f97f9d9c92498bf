using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>The parameters of a network, and where there are any their gradients, by name in buffers that somebody else owns.</summary>
internal sealed class NetworkTensors
{
    private readonly Dictionary<string, (NativeBuffer<float> Buffer, PlacedTensor Place)> tensors = [];

    /// <summary>Finds them where a layout has them.</summary>
    /// <param name="layout">Of both buffers.</param>
    /// <param name="parameters">All parameters.</param>
    /// <param name="gradients">The gradient at each, or null where none is computed.</param>
    internal NetworkTensors(ModelLayout layout, NativeBuffer<float> parameters, NativeBuffer<float>? gradients)
    {
        foreach (PlacedTensor place in layout.Tensors)
        {
            tensors.Add(place.Tensor.Name, (parameters, place));
            if (gradients is not null)
                tensors.Add("gradient." + place.Tensor.Name, (gradients, place));
        }

        Parameters = [.. layout.Tensors.Select(place => place.Tensor)];
    }

    /// <summary>Name and shape of every parameter.</summary>
    internal IReadOnlyList<NamedTensor> Parameters { get; }

    /// <summary>The entries of "NAME" or "gradient.NAME", a vector as one row.</summary>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    internal MatrixView<float> Matrix(string name)
    {
        if (!tensors.TryGetValue(name, out (NativeBuffer<float> Buffer, PlacedTensor Place) found))
            throw new ArgumentException($"a tensor of this network must be named, got {name}; its parameters are listed in Parameters");
        int[] shape = found.Place.Tensor.Shape;
        return found.Buffer.Matrix(found.Place.Offset, shape.Length == 1 ? 1 : shape[0], shape[^1]);
    }
}
