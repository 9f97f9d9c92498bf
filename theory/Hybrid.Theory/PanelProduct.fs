namespace Hybrid.Theory

open System.Numerics
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// Products of rectangular row-major matrices on the framework's vectors: the right factor is packed into panels of two vectors'
/// width, and both factors may have rows or columns that are 0 outside of a range. Nothing is allocated.
[<RequireQualifiedAccess>]
module internal PanelProduct =

    /// Columns of a panel.
    let width = 2 * Vector<float>.Count

    /// Panels of so many columns.
    let count columns = (columns + width - 1) / width

    /// Numbers that the packed form of an inner × columns matrix takes.
    let size inner columns = count columns * width * inner

    /// B[inner, columns] to panels; missing columns of the last one are 0.
    let pack inner columns (b: float[]) (panels: float[]) =
        let lanes = Vector<float>.Count
        let width = 2 * lanes

        for panel in 0 .. count columns - 1 do
            let first = panel * width
            let within = min width (columns - first)

            for k in 0 .. inner - 1 do
                let target = (panel * inner + k) * width
                let source = k * columns + first

                if within = width then
                    Vector<float>(b, source).CopyTo(panels, target)
                    Vector<float>(b, source + lanes).CopyTo(panels, target + lanes)
                else
                    for c in 0 .. within - 1 do
                        panels[target + c] <- b[source + c]

                    for c in within .. width - 1 do
                        panels[target + c] <- 0.0

    /// The transpose of B[columns, inner] to panels; missing columns of the last one are 0.
    let packTransposed inner columns (b: float[]) (panels: float[]) =
        if b.Length < columns * inner || panels.Length < size inner columns then
            invalidArg (nameof b) $"a {columns}×{inner} matrix got {b.Length} numbers, its panels {panels.Length}"

        let numbers = &MemoryMarshal.GetArrayDataReference b
        let target = &MemoryMarshal.GetArrayDataReference panels

        for panel in 0 .. count columns - 1 do
            let start = panel * inner * width

            // a panel is a multiple of four columns wide
            for c in 0..4 .. width - 1 do
                let column = panel * width + c
                let group = &Unsafe.Add(&target, start + c)

                if column + 4 <= columns then
                    let b0 = &Unsafe.Add(&numbers, column * inner)
                    let b1 = &Unsafe.Add(&b0, inner)
                    let b2 = &Unsafe.Add(&b1, inner)
                    let b3 = &Unsafe.Add(&b2, inner)

                    for k in 0 .. inner - 1 do
                        let at = &Unsafe.Add(&group, k * width)
                        at <- Unsafe.Add(&b0, k)
                        Unsafe.Add(&at, 1) <- Unsafe.Add(&b1, k)
                        Unsafe.Add(&at, 2) <- Unsafe.Add(&b2, k)
                        Unsafe.Add(&at, 3) <- Unsafe.Add(&b3, k)
                else
                    for k in 0 .. inner - 1 do
                        for i in 0..3 do
                            panels[start + k * width + c + i] <-
                                if column + i < columns then
                                    b[(column + i) * inner + k]
                                else
                                    0.0

    /// Rows row0..row3 of A times a panel over k in [from, until), added to or put into a tile of `result`. The inner loop reads without
    /// bounds: `multiply` has checked that rows and panels are as long.
    let private tile
        (a: float[])
        (row0: int)
        (row1: int)
        (row2: int)
        (row3: int)
        (panels: float[])
        (panel: int)
        (from: int)
        until
        (result: float[])
        target
        stride
        accumulate
        =
        let lanes = Vector<float>.Count
        let mutable s00 = Vector<float>.Zero
        let mutable s01 = Vector<float>.Zero
        let mutable s10 = Vector<float>.Zero
        let mutable s11 = Vector<float>.Zero
        let mutable s20 = Vector<float>.Zero
        let mutable s21 = Vector<float>.Zero
        let mutable s30 = Vector<float>.Zero
        let mutable s31 = Vector<float>.Zero
        let left = &MemoryMarshal.GetArrayDataReference a
        let a0 = &Unsafe.Add(&left, row0)
        let a1 = &Unsafe.Add(&left, row1)
        let a2 = &Unsafe.Add(&left, row2)
        let a3 = &Unsafe.Add(&left, row3)
        let right = &MemoryMarshal.GetArrayDataReference panels
        let b = &Unsafe.Add(&right, panel)
        let mutable k = nativeint from
        let mutable at = unativeint from * unativeint (2 * lanes)

        while k < nativeint until do
            let b0 = Vector.LoadUnsafe(&b, at)
            let b1 = Vector.LoadUnsafe(&b, at + unativeint lanes)
            let x0 = Vector<float>(Unsafe.Add(&a0, k))
            s00 <- Vector.FusedMultiplyAdd(x0, b0, s00)
            s01 <- Vector.FusedMultiplyAdd(x0, b1, s01)
            let x1 = Vector<float>(Unsafe.Add(&a1, k))
            s10 <- Vector.FusedMultiplyAdd(x1, b0, s10)
            s11 <- Vector.FusedMultiplyAdd(x1, b1, s11)
            let x2 = Vector<float>(Unsafe.Add(&a2, k))
            s20 <- Vector.FusedMultiplyAdd(x2, b0, s20)
            s21 <- Vector.FusedMultiplyAdd(x2, b1, s21)
            let x3 = Vector<float>(Unsafe.Add(&a3, k))
            s30 <- Vector.FusedMultiplyAdd(x3, b0, s30)
            s31 <- Vector.FusedMultiplyAdd(x3, b1, s31)
            k <- k + 1n
            at <- at + unativeint (2 * lanes)

        if accumulate then
            s00 <- s00 + Vector<float>(result, target)
            s01 <- s01 + Vector<float>(result, target + lanes)
            s10 <- s10 + Vector<float>(result, target + stride)
            s11 <- s11 + Vector<float>(result, target + stride + lanes)
            s20 <- s20 + Vector<float>(result, target + 2 * stride)
            s21 <- s21 + Vector<float>(result, target + 2 * stride + lanes)
            s30 <- s30 + Vector<float>(result, target + 3 * stride)
            s31 <- s31 + Vector<float>(result, target + 3 * stride + lanes)

        s00.CopyTo(result, target)
        s01.CopyTo(result, target + lanes)
        s10.CopyTo(result, target + stride)
        s11.CopyTo(result, target + stride + lanes)
        s20.CopyTo(result, target + 2 * stride)
        s21.CopyTo(result, target + 2 * stride + lanes)
        s30.CopyTo(result, target + 3 * stride)
        s31.CopyTo(result, target + 3 * stride + lanes)

    /// Which of a product is not 0, or is wanted: [First, Last) of each row or column; no entries, all of it.
    [<Struct>]
    type Ranges = { First: int[]; Last: int[] }

    /// All of a product.
    let everything: Ranges = { First = [||]; Last = [||] }

    /// Row i's range is [0, i].
    let lower rows =
        { First = Array.zeroCreate rows
          Last = Array.init rows (fun i -> i + 1) }

    /// Row i's range is [i, columns).
    let upper rows =
        { First = Array.init rows id
          Last = Array.create rows rows }

    /// Where any of the ranges from `from` to `until` − 1 begins.
    let private first (ranges: Ranges) from until =
        if ranges.First.Length = 0 then
            0
        else
            let mutable found = ranges.First[from]

            for i in from + 1 .. until - 1 do
                found <- min found ranges.First[i]

            found

    /// Where the last of them ends, of `whole`.
    let private last (ranges: Ranges) from until whole =
        if ranges.Last.Length = 0 then
            whole
        else
            let mutable found = ranges.Last[from]

            for i in from + 1 .. until - 1 do
                found <- max found ranges.Last[i]

            found

    /// result[rows, columns] = or += A[rows, inner] B. `left`: where each row of A is not 0; `right`: where each column of B is not
    /// 0; `wanted`: columns that each row of the result needs (others may be filled too). `edge` holds 4·width numbers.
    let multiply
        rows
        inner
        columns
        (a: float[])
        (left: Ranges)
        (panels: float[])
        (right: Ranges)
        (wanted: Ranges)
        accumulate
        (edge: float[])
        (result: float[])
        =
        if a.Length < rows * inner || panels.Length < size inner columns then
            invalidArg
                (nameof a)
                $"a {rows}×{inner} by {inner}×{columns} product got {a.Length} and {panels.Length} numbers"

        for i in 0..4 .. rows - 1 do
            let above = min rows (i + 4)
            let rowFrom = first left i above
            let rowUntil = last left i above inner
            let firstPanel = first wanted i above / width
            let lastPanel = (last wanted i above columns + width - 1) / width
            let row r = min (i + r) (rows - 1) * inner

            for panel in firstPanel .. lastPanel - 1 do
                let column = panel * width
                let beyond = min columns (column + width)
                let from = max rowFrom (first right column beyond)
                let until = max from (min rowUntil (last right column beyond inner))
                let start = panel * inner * width

                if above = i + 4 && beyond = column + width then
                    tile
                        a
                        (row 0)
                        (row 1)
                        (row 2)
                        (row 3)
                        panels
                        start
                        from
                        until
                        result
                        (i * columns + column)
                        columns
                        accumulate
                else
                    tile a (row 0) (row 1) (row 2) (row 3) panels start from until edge 0 width false

                    for r in i .. above - 1 do
                        for c in column .. beyond - 1 do
                            let value = edge[(r - i) * width + c - column]
                            let k = r * columns + c
                            result[k] <- if accumulate then result[k] + value else value

    /// result[rows, columns] = A[rows, inner] B with B in no panels yet: they are packed to `panels`.
    let times rows inner columns a left (b: float[]) panels edge result =
        pack inner columns b panels
        multiply rows inner columns a left panels everything everything false edge result

    /// Copies the lower triangle of an n×n matrix to the upper.
    let mirror n (matrix: float[]) =
        for i in 0 .. n - 1 do
            for j in 0 .. i - 1 do
                matrix[j * n + i] <- matrix[i * n + j]
