"""Results of examinations: pass marks, release, certificates, proof."""
