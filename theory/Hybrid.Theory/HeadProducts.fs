namespace Hybrid.Theory

/// Products of a head's matrices, [n, n] and [n, d_k], that leave out what the mask has made 0.
[<RequireQualifiedAccess>]
module internal HeadProducts =

    /// The largest `Last` and least `First` of rows up to i.
    let reach (rows: PanelProduct.Ranges) : PanelProduct.Ranges =
        { First = Array.scan min rows.First[0] (Array.tail rows.First)
          Last = Array.scan max rows.Last[0] (Array.tail rows.Last) }

    /// Those of rows from i on.
    let reachBack (rows: PanelProduct.Ranges) : PanelProduct.Ranges =
        let n = rows.First.Length

        { First = Array.scanBack min (Array.truncate (n - 1) rows.First) rows.First[n - 1]
          Last = Array.scanBack max (Array.truncate (n - 1) rows.Last) rows.Last[n - 1] }

    let packed n (matrix: float[]) =
        let panels = Array.zeroCreate<float>(PanelProduct.size n n)
        PanelProduct.pack n n matrix panels
        panels

    /// target += X M Xᵀ where `wanted`; M in panels.
    let sandwich
        (layout: HeadLayout)
        (scratch: HeadScratch)
        (x: float[])
        (nonzero: PanelProduct.Ranges)
        (middle: float[])
        inner
        wanted
        (target: float[])
        =
        let n = layout.Tokens
        let full = PanelProduct.everything
        PanelProduct.multiply n n n x nonzero middle full inner false scratch.Edge scratch.Product
        PanelProduct.packTransposed n n x scratch.Panels
        PanelProduct.multiply n n n scratch.Product full scratch.Panels nonzero wanted true scratch.Edge target

    /// target += X Xᵀ of X[n, d_k], below the diagonal.
    let addSquare (layout: HeadLayout) (scratch: HeadScratch) lower (x: float[]) (target: float[]) =
        let n, width = layout.Tokens, layout.Width
        let full = PanelProduct.everything
        PanelProduct.packTransposed width n x scratch.Panels
        PanelProduct.multiply n width n x full scratch.Panels full lower true scratch.Edge target

    /// result[n, d_k] = X Y, X[n, n] with rows that are not 0 in `nonzero`.
    let apply (layout: HeadLayout) (scratch: HeadScratch) x nonzero (y: float[]) (result: float[]) =
        let n, width = layout.Tokens, layout.Width
        PanelProduct.times n n width x nonzero y scratch.Panels scratch.Edge result
