"""The portal: page shell, design system, Thai dates and numerals, home."""
