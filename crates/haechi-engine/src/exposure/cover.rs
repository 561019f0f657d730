//! A table of yes and no said in few and broad statements.
//!
//! Rows and columns have values on axes. A *cube* is a set of values for each axis; its cells are those whose row and
//! column have such values. A cube that holds only cells that say yes, and that no further value could be added to, is
//! the broadest statement that can be made of its cells.

/// Rows and columns, with their values by axis.
#[derive(Debug)]
pub(super) struct Cover<'t> {
    pub(super) rows: &'t [Vec<u32>],
    pub(super) columns: &'t [Vec<u32>],
    /// How many values each axis has.
    pub(super) row_sizes: Vec<usize>,
    pub(super) column_sizes: Vec<usize>,
}

/// Sets of values, by axis: whether each value is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cube {
    pub(super) rows: Vec<Vec<bool>>,
    pub(super) columns: Vec<Vec<bool>>,
}

impl Cover<'_> {
    /// Cubes that hold every cell that says yes and no other, none of them needless.
    pub(super) fn cubes(&self, yes: &[bool]) -> Vec<Cube> {
        let mut covered = vec![0u32; yes.len()];
        let mut cubes = Vec::new();
        for seed in 0..yes.len() {
            if yes[seed] && covered[seed] == 0 {
                let cube = self.broadest(seed, yes);
                self.cells(&cube).for_each(|cell| covered[cell] += 1);
                cubes.push(cube);
            }
        }
        // A later cube may have taken over all that an earlier one was needed for.
        cubes.retain(|cube| {
            let needless = self.cells(cube).all(|cell| covered[cell] > 1);
            if needless {
                self.cells(cube).for_each(|cell| covered[cell] -= 1);
            }
            !needless
        });
        cubes
    }

    /// The cells of a cube.
    pub(super) fn cells(&self, cube: &Cube) -> impl Iterator<Item = usize> {
        let width = self.columns.len();
        let inside = |places: &[Vec<u32>], sets: &[Vec<bool>]| -> Vec<usize> {
            let holds = |place: &[u32]| place.iter().zip(sets).all(|(value, set)| set[*value as usize]);
            (0..places.len()).filter(|i| holds(&places[*i])).collect()
        };
        let columns = inside(self.columns, &cube.columns);
        let rows = inside(self.rows, &cube.rows);
        rows.into_iter()
            .flat_map(move |row| columns.clone().into_iter().map(move |column| row * width + column))
    }

    /// A broadest cube that holds a cell.
    ///
    /// An axis that can be left out is left out whole before others are widened value by value, and the first axis of
    /// the rows, which is a name, last of all: a name tells more than the labels that happen to go with it.
    fn broadest(&self, seed: usize, yes: &[bool]) -> Cube {
        let (row, column) = (seed / self.columns.len(), seed % self.columns.len());
        let at = |place: &[u32], sizes: &[usize]| -> Vec<Vec<bool>> {
            let sets = place.iter().zip(sizes);
            sets.map(|(value, size)| (0..*size).map(|v| v == *value as usize).collect())
                .collect()
        };
        let mut cube = Cube {
            rows: at(&self.rows[row], &self.row_sizes),
            columns: at(&self.columns[column], &self.column_sizes),
        };
        let rows = (1..self.row_sizes.len()).map(Side::Row);
        let columns = (0..self.column_sizes.len()).map(Side::Column);
        let axes: Vec<Side> = rows.chain([Side::Row(0)]).chain(columns).collect();
        for &axis in &axes {
            let mut wide = cube.clone();
            wide.set(axis).fill(true);
            if self.cells(&wide).all(|cell| yes[cell]) {
                cube = wide;
            }
        }
        let values = [Side::Row(0)]
            .into_iter()
            .chain(axes.iter().copied().filter(|a| *a != Side::Row(0)));
        for axis in values {
            for value in 0..cube.set(axis).len() {
                if cube.set(axis)[value] {
                    continue;
                }
                // Only what the value would add has not been looked at.
                let mut added = cube.clone();
                added.set(axis).fill(false);
                added.set(axis)[value] = true;
                if self.cells(&added).all(|cell| yes[cell]) {
                    cube.set(axis)[value] = true;
                }
            }
        }
        cube
    }
}

/// An axis of the rows or of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Row(usize),
    Column(usize),
}

impl Cube {
    fn set(&mut self, axis: Side) -> &mut Vec<bool> {
        match axis {
            Side::Row(axis) => &mut self.rows[axis],
            Side::Column(axis) => &mut self.columns[axis],
        }
    }
}
