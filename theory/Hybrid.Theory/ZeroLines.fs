namespace Hybrid.Theory

open System

/// A zero line of a function of two variables: its points in order, the first repeated at the end of a closed line.
type ZeroLine =
    { X: float[]; Y: float[]; Closed: bool }

/// Zero lines by continuation, derivation section 7.3: a seed is solved for on a grid edge where the function changes
/// sign; from it the line is followed both ways by a tangent step and Newton corrections across the line. Every point
/// solves f = 0 to `Accuracy` of the range, whatever the grid.
[<RequireQualifiedAccess>]
module ZeroLines =

    /// Largest distance of a traced point from the line, as a fraction of the range of x and of y.
    [<Literal>]
    let Accuracy = 1e-8

    /// Length of a step along the line, as a fraction of the range.
    [<Literal>]
    let private Step = 0.01

    [<Literal>]
    let private SmallestStep = 1e-4

    /// Offset of the central differences that give the gradient.
    [<Literal>]
    let private Offset = 1e-5

    let private inside struct (x, y) =
        x >= 0.0 && x <= 1.0 && y >= 0.0 && y <= 1.0

    let private clamp x = max 0.0 (min 1.0 x)

    /// Gradient by differences that stay inside the unit square.
    let private gradient (f: float -> float -> float) struct (x, y) =
        let x0, x1 = clamp (x - Offset), clamp (x + Offset)
        let y0, y1 = clamp (y - Offset), clamp (y + Offset)
        struct ((f x1 y - f x0 y) / (x1 - x0), (f x y1 - f x y0) / (y1 - y0))

    /// Newton's method across the line, with the gradient kept from the last point of the line (the chord method: a step
    /// is so short that each correction still gains two digits), until the correction is below Accuracy; None if it
    /// does not get there in a few steps.
    let private correct (f: float -> float -> float) struct (gx, gy) start =
        let rec improve struct (x, y) left =
            let value = f x y
            let square: float = gx * gx + gy * gy

            if not (Double.IsFinite value && square > 0.0 && Double.IsFinite square) then
                None
            else
                let dx, dy = -value * gx / square, -value * gy / square
                let next = struct (x + dx, y + dy)

                if not (inside next) then
                    None
                elif dx * dx + dy * dy <= 0.01 * Accuracy * Accuracy then
                    Some next
                elif left = 0 then
                    None
                else
                    improve next (left - 1)

        improve start 8

    /// Root of f on the segment from a to b whose ends have opposite signs, by bisection and secants (Brent).
    let private onSegment (f: float -> float -> float) struct (ax, ay) struct (bx, by) =
        let at t =
            f (ax + t * (bx - ax)) (ay + t * (by - ay))

        match MathNet.Numerics.RootFinding.Brent.TryFindRoot(at, 0.0, 1.0, 0.01 * Accuracy, 200) with
        | true, t -> Some(struct (ax + t * (bx - ax), ay + t * (by - ay)))
        | false, _ -> None

    let private distance struct (ax: float, ay: float) struct (bx: float, by: float) =
        sqrt ((ax - bx) * (ax - bx) + (ay - by) * (ay - by))

    /// Points from `seed` (excluded) along the direction of `sign`, to the border or back to the seed.
    let private follow f seed sign =
        let points = ResizeArray<struct (float * float)>()

        let rec go here step (struct (px, py) as previous) =
            if points.Count > 10000 then
                false
            else
                let struct (gx, gy) = gradient f here
                let size = sqrt (gx * gx + gy * gy)
                // along the line, in the direction in which it was being followed
                let tx, ty = -gy / size, gx / size
                let along = if tx * px + ty * py < 0.0 then -1.0 else 1.0
                let tx, ty = along * tx, along * ty
                let struct (x, y) = here
                let target = struct (x + step * tx, y + step * ty)

                let next =
                    if inside target then
                        correct f (struct (gx, gy)) target
                    else
                        None

                match next with
                | Some point when distance point here < 2.0 * step ->
                    points.Add point
                    let struct (nx, ny) = point
                    let closes = points.Count > 3 && distance point seed < 0.75 * step

                    if closes then
                        true
                    else
                        go point (min Step (1.5 * step)) (struct (nx - x, ny - y))
                | _ when step > SmallestStep -> go here (0.5 * step) previous
                | _ -> false

        let struct (gx, gy) = gradient f seed
        let closed = go seed Step (struct (sign * -gy, sign * gx))
        struct (points, closed)

    /// Traces every zero line of f over [x0, x1] × [y0, y1] that crosses an edge of the grid of seeds. f is sampled once
    /// on the grid, `samples`[j][i] = f(x_i, y_j) being its values at `xs` and `ys` in ascending order.
    [<CompiledName("Trace")>]
    let trace (f: Func<float, float, float>) (xs: float[]) (ys: float[]) (samples: float[][]) : ZeroLine[] =
        if xs.Length < 2 || ys.Length < 2 then
            invalidArg (nameof xs) $"the grid must have at least 2 × 2 points, got {xs.Length} × {ys.Length}"

        let x0, xRange = xs[0], xs[xs.Length - 1] - xs[0]
        let y0, yRange = ys[0], ys[ys.Length - 1] - ys[0]

        let unit x y =
            f.Invoke(x0 + xRange * x, y0 + yRange * y)

        let node i j =
            struct ((xs[i] - x0) / xRange, (ys[j] - y0) / yRange)

        let crosses (a: float) (b: float) =
            Double.IsFinite a && Double.IsFinite b && (a < 0.0) <> (b < 0.0)

        let lines = ResizeArray<ZeroLine>()
        let traced = ResizeArray<struct (float * float)>()

        let visit a b =
            match onSegment unit a b with
            | Some seed when not (traced.Exists(fun point -> distance point seed < 1.5 * Step)) ->
                let struct (forward, closed) = follow unit seed 1.0

                let backward =
                    if closed then
                        ResizeArray()
                    else
                        let struct (points, _) = follow unit seed -1.0
                        points

                backward.Reverse()

                let points =
                    [| yield! backward
                       yield seed
                       yield! forward
                       if closed then
                           yield seed |]

                traced.AddRange points

                lines.Add
                    { X = points |> Array.map (fun struct (x, _) -> x0 + xRange * x)
                      Y = points |> Array.map (fun struct (_, y) -> y0 + yRange * y)
                      Closed = closed }
            | _ -> ()

        for j in 0 .. ys.Length - 1 do
            for i in 0 .. xs.Length - 1 do
                if i + 1 < xs.Length && crosses (samples[j][i]) (samples[j][i + 1]) then
                    visit (node i j) (node (i + 1) j)

                if j + 1 < ys.Length && crosses (samples[j][i]) (samples[j + 1][i]) then
                    visit (node i j) (node i (j + 1))

        lines.ToArray()
