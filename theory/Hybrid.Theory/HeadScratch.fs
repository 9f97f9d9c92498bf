namespace Hybrid.Theory

open System
open System.Buffers

/// Room for one head at a time; matrices are lent by the framework's pool and may be longer than they need be.
type internal HeadScratch =
    {
        /// n × d_k: queries and keys before their norm, and as the product sees them
        Noise: float[]
        Query: float[]
        Key: float[]
        QuerySeen: float[]
        KeySeen: float[]
        QueryGradient: float[]
        KeyGradient: float[]
        /// per token: what a query or key is multiplied by, and the inverse of its root mean square
        QueryScale: float[]
        KeyScale: float[]
        QueryInverse: float[]
        KeyInverse: float[]
        /// A, [n, n], its transpose, and D ∘ A with its transpose; without a cap the same arrays
        Attended: float[]
        AttendedColumns: float[]
        Slopes: float[]
        SlopeColumns: float[]
        /// [n, n]
        Product: float[]
        Panels: float[]
        Edge: float[]
        /// v, h, A v and normal numbers
        Value: float[]
        Output: float[]
        Mean: float[]
        Normals: float[]
        /// The group whose keys are those in `Key` and `KeySeen`, -1 if there are none yet.
        mutable KeyGroup: int
    }

/// Lent by the framework's pool, since every layer of every draw needs it anew.
[<RequireQualifiedAccess>]
module internal HeadScratch =

    let private lent count = ArrayPool<float>.Shared.Rent count

    /// To be given back with `giveBack`.
    let lend (layout: HeadLayout) : HeadScratch =
        let n = layout.Tokens
        let square () = lent (n * n)

        let wide () = lent (n * layout.Width)

        let line () = Array.zeroCreate<float> n
        let attended, columns = square (), square ()
        let isCapped = layout.Parameters.Head.SoftCap.IsSome

        { Noise = wide ()
          Query = wide ()
          Key = wide ()
          QuerySeen = wide ()
          KeySeen = wide ()
          QueryGradient = wide ()
          KeyGradient = wide ()
          QueryScale = line ()
          KeyScale = line ()
          QueryInverse = line ()
          KeyInverse = line ()
          Attended = attended
          AttendedColumns = columns
          Slopes = if isCapped then square () else attended
          SlopeColumns = if isCapped then square () else columns
          Product =
            // read where it was not written, times 0
            (let product = square ()
             Array.Clear product
             product)
          Panels =
            lent (
                max (PanelProduct.size n n) (max (PanelProduct.size n layout.Width) (PanelProduct.size layout.Width n))
            )
          Edge = Array.zeroCreate (4 * PanelProduct.width)
          Value = line ()
          Output = line ()
          Mean = line ()
          Normals = line ()
          KeyGroup = -1 }

    /// Gives back what was lent.
    let giveBack (layout: HeadLayout) (scratch: HeadScratch) =
        let giveBack (array: float[]) = ArrayPool<float>.Shared.Return array
        giveBack scratch.Attended
        giveBack scratch.AttendedColumns

        if layout.Parameters.Head.SoftCap.IsSome then
            giveBack scratch.Slopes
            giveBack scratch.SlopeColumns

        giveBack scratch.Product
        giveBack scratch.Panels
        giveBack scratch.Noise
        giveBack scratch.Query
        giveBack scratch.Key
        giveBack scratch.QuerySeen
        giveBack scratch.KeySeen
        giveBack scratch.QueryGradient
        giveBack scratch.KeyGradient
